/**
 * Everything that exists only while a replica leads: what it knows of the others' logs, the
 * rounds that confirm reads, the proposals under way and a transfer to somebody else. Made when
 * an election is won and thrown away when the term or the role moves on, so that nothing of an
 * old leadership can act in a new one (figure 2, "volatile state on leaders").
 */
import { encodeConfiguration } from './configuration-codec.js';
import { invariant } from './invariant.js';
import type { RaftLog } from './log.js';
import type { Membership } from './membership.js';
import type { Refusal } from './membership-change.js';
import type { RaftLimits, RaftTiming } from './options.js';
import type { Outbox } from './outbox.js';
import { Progress } from './progress.js';
import { reachedByQuorum, voteResult } from './quorum.js';
import { type GrantedRead, ReadRounds } from './reads.js';
import { type MembershipRequest, Reconfiguration } from './reconfiguration.js';
import { SnapshotSending } from './snapshot-sending.js';
import { Transfer } from './transfer.js';
import {
  type AppendResponse,
  type Configuration,
  type Entry,
  EntryKind,
  type HandOverReason,
  type HeartbeatResponse,
  type Index,
  type ReplicaId,
  type SnapshotDescription,
  type Term,
} from './types.js';

export interface LeadershipParts {
  readonly self: ReplicaId;
  readonly term: Term;
  readonly membership: Membership;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  readonly timing: RaftTiming;
  readonly limits: RaftLimits;
  /** The last read round's number of this process, so that numbers are never repeated. */
  readonly lastContext: number;
}

export class Leadership {
  readonly reads: ReadRounds;
  readonly #parts: LeadershipParts;
  readonly #followers = new Map<ReplicaId, Progress>();
  readonly #snapshots: SnapshotSending;
  #uncommittedBytes = 0;
  #quorumTicks = 0;
  readonly #transfer: Transfer;
  readonly #reconfiguration: Reconfiguration;
  /** First index of this term: the empty entry that the leadership began with. */
  readonly #firstOwnIndex: Index;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
    this.reads = new ReadRounds(parts.lastContext);
    this.#snapshots = new SnapshotSending(parts.log);
    this.#transfer = new Transfer({ ...parts, followers: this.#followers });
    const { log } = parts;
    this.#followMembership();
    // An empty entry of the own term: entries of earlier terms commit only together with one of
    // this term (section 5.4.2), and reads wait for it.
    this.#firstOwnIndex = log.lastIndex + 1;
    this.#append(EntryKind.empty, new Uint8Array(0));
    const [followers, firstOwnIndex] = [this.#followers, this.#firstOwnIndex];
    this.#reconfiguration = new Reconfiguration({ ...parts, followers, firstOwnIndex });
  }

  get committedInTerm(): boolean {
    return this.#parts.log.commit >= this.#firstOwnIndex;
  }

  get transferring(): boolean {
    return this.#transfer.underWay;
  }

  get followers(): ReadonlyMap<ReplicaId, Progress> {
    return this.#followers;
  }

  /** The new entry, or undefined when too much is uncommitted already. */
  propose(data: Uint8Array): Entry | undefined {
    const { uncommittedBytesMax } = this.#parts.limits;
    // Data bytes only, added and subtracted alike (C9); the first one always passes.
    const over = this.#uncommittedBytes + data.length > uncommittedBytesMax;
    if (over && this.#uncommittedBytes > 0) return undefined;
    return this.#append(EntryKind.command, data);
  }

  #append(kind: EntryKind, data: Uint8Array): Entry {
    const { log, term } = this.#parts;
    const entry = { index: log.lastIndex + 1, term, kind, data };
    log.append(entry);
    this.#uncommittedBytes += data.length;
    return entry;
  }

  // Membership ----------------------------------------------------------------------------

  /** The entry that carries the new configuration, or why there is none. */
  changeMembership(request: MembershipRequest): { entry: Entry } | { refusal: Refusal } {
    const result = this.#reconfiguration.request(request);
    if ('refusal' in result) return result;
    return { entry: this.#appendConfiguration(result.configuration) };
  }

  #appendConfiguration(configuration: Configuration): Entry {
    const entry = this.#append(EntryKind.configuration, encodeConfiguration(configuration));
    this.#reconfiguration.appended(entry.index);
    return entry;
  }

  /** Another configuration is in force: the decisions under way are counted anew (E6). */
  membershipChanged(): void {
    this.#followMembership();
    this.#transfer.membershipChanged();
    if (!this.#parts.membership.joint) {
      const entry = this.#append(EntryKind.empty, new Uint8Array(0));
      this.#reconfiguration.followedBy(entry.index);
    }
    this.advanceCommit();
  }

  /** What is known of a follower stays for as long as it is a member, in whatever role (E10). */
  #followMembership(): void {
    const { membership, self, log, limits } = this.#parts;
    const { inflightMessagesMax: messagesMax, inflightBytesMax: bytesMax } = limits;
    for (const replica of this.#followers.keys()) {
      if (membership.has(replica)) continue;
      this.#followers.delete(replica);
      this.#snapshots.ended(replica);
    }
    for (const replica of membership.replicas) {
      if (replica === self || this.#followers.has(replica)) continue;
      const progress = new Progress(log.lastIndex + 1, { messagesMax, bytesMax });
      this.#followers.set(replica, progress);
    }
  }

  /** True when a removed replica may go: its vote is needed no more, for the others know. */
  get settled(): boolean {
    return this.#reconfiguration.settled;
  }

  /** Voted out: it finishes what it has begun, and begins nothing. */
  get leaving(): boolean {
    const { membership, self } = this.#parts;
    return !membership.isVoter(self);
  }

  /**
   * The others know, and so does whoever waits for a proposal: it is time to go (E9). Once gone it
   * hears no more of what is committed, and the fate of its proposals would be unknown.
   */
  get departs(): boolean {
    const { log } = this.#parts;
    return this.leaving && this.settled && log.applied === log.lastIndex;
  }

  #leaveJoint(): void {
    const due = this.transferring ? undefined : this.#reconfiguration.due;
    if (due !== undefined) this.#appendConfiguration(due);
  }

  // Time ----------------------------------------------------------------------------------

  /** False: a majority was silent for an election timeout, and the leader must step down. */
  tick(tick: number): boolean {
    const { timing, membership, self } = this.#parts;
    this.#quorumTicks += 1;
    if (this.#quorumTicks >= timing.electionTicksMin) {
      this.#quorumTicks = 0;
      if (!this.#quorumActive()) return false;
      for (const progress of this.#followers.values()) progress.beginPeriod();
    }
    // Who is no voter any longer does not stay because nobody took over (E9).
    if (!this.#transfer.tick() && !membership.isVoter(self)) return false;
    // By the replica's own count of ticks and not since the last one: all groups of a node are
    // ticked together, so their heartbeats to a peer leave together, as one message.
    if (tick % timing.heartbeatTicks === 0) {
      this.#broadcastHeartbeat();
      this.#transfer.askAgain();
    }
    return true;
  }

  #quorumActive(): boolean {
    const { membership, self } = this.#parts;
    const active = (replica: ReplicaId) =>
      replica === self || (this.#followers.get(replica)?.active ?? false);
    return voteResult(membership, active) === 'won';
  }

  #broadcastHeartbeat(quiet = false): void {
    const { self, term, log, outbox } = this.#parts;
    for (const [replica, progress] of this.#followers) {
      outbox.sendNow({
        type: 'heartbeat',
        from: self,
        to: replica,
        term,
        commit: Math.min(progress.match, log.commit),
        context: this.reads.lastContext,
        quiet,
      });
    }
  }

  /** Section 5.3. A refusal moves the probe back, skipping terms that cannot match (B6, B7). */
  appendAnswered(message: AppendResponse): void {
    const progress = this.#followers.get(message.from);
    if (progress === undefined) return;
    progress.hear();
    if (message.rejected) return this.#appendRejected(message, progress);
    const { log } = this.#parts;
    if (message.index > log.lastIndex) return;
    if (progress.state === 'snapshot') {
      // The logs connect, be it by the snapshot that was offered or by another (D7).
      const connects = message.index >= log.mark.index;
      if (connects) progress.becomeProbe();
      if (connects) this.#snapshots.ended(message.from);
      else this.#snapshots.outrun(message.from, message.index);
    }
    if (progress.accepted(message.index)) this.#transfer.askIfCaughtUp();
  }

  #appendRejected(message: AppendResponse, progress: Progress): void {
    const { log } = this.#parts;
    const { from, index, hintIndex, hintTerm } = message;
    if (message.wantsSnapshot) {
      // Only a log that was never begun cannot connect. A damaged replica's goes on: commits may
      // need it, and so may the snapshot, which must reach what that replica has applied.
      if (progress.state === 'probe' && hintIndex === 0) progress.becomeSnapshot();
      this.#snapshots.want(from, hintIndex);
    } else if (progress.state === 'snapshot') {
      this.#snapshots.refused(from, index);
    } else if (progress.isAt(index) && index <= log.mark.index) {
      // Not even the mark is in its log (B8, B18).
      progress.becomeSnapshot();
      this.#snapshots.want(from, log.mark.index);
    } else {
      progress.rejected(index, log.lastPossibleMatch(hintIndex, hintTerm).index);
    }
  }

  /** What the host answers when it was asked for a snapshot. */
  snapshotMade(to: ReplicaId, snapshot: SnapshotDescription | undefined): void {
    this.#snapshots.made(to, snapshot);
  }

  takeSnapshotsWanted(): { to: ReplicaId; atLeast: Index }[] {
    return this.#snapshots.takeWanted();
  }

  heartbeatAnswered(message: HeartbeatResponse): void {
    const progress = this.#followers.get(message.from);
    if (progress === undefined) return;
    progress.hear();
    progress.confirmedContext = Math.max(progress.confirmedContext, message.context);
    // The answer to what was lost never comes, be it a probe, a full window or the last append
    // of a burst: say something again, so that a gap is refused and found.
    progress.probeSent = false;
    this.#snapshots.heard(message.from);
    const behind = progress.match < this.#parts.log.lastIndex;
    if (progress.state !== 'replicate' || behind) progress.nudge = true;
  }

  unreachable(replica: ReplicaId): void {
    const progress = this.#followers.get(replica);
    if (progress?.state === 'replicate') progress.becomeProbe();
  }

  /** True when the commit index moved. Only entries of the own term are counted (figure 8). */
  advanceCommit(): boolean {
    const { log, membership, self, term } = this.#parts;
    const matched = (replica: ReplicaId) =>
      // The leader counts itself only as far as its own disk has answered (C1, C3).
      replica === self ? log.durableIndex : (this.#followers.get(replica)?.match ?? 0);
    const index = reachedByQuorum(membership, matched);
    if (index <= log.commit || log.term(index) !== term) return false;
    // Entries of earlier terms were not counted when this leadership began.
    const from = Math.max(log.commit + 1, this.#firstOwnIndex);
    this.#uncommittedBytes -= log.dataBytes(from, index);
    invariant(this.#uncommittedBytes >= 0, 'every byte is settled once');
    log.commitTo(index);
    return true;
  }

  startTransfer(to: ReplicaId): void {
    this.#transfer.start(to);
  }

  handOver(reason: HandOverReason): ReplicaId | undefined {
    return this.#transfer.toBest(reason);
  }

  get handingOver(): HandOverReason | undefined {
    return this.#transfer.reason;
  }

  /** Nobody waits for anything: everybody holds the whole log, committed, and is heard. */
  get atRest(): boolean {
    const { log, membership, self } = this.#parts;
    const { lastIndex, commit, applied, durableIndex } = log;
    const busy = this.transferring || this.reads.waiting || !this.#snapshots.idle;
    if (busy || membership.joint || !membership.isVoter(self)) return false;
    if (commit !== lastIndex || applied !== lastIndex || durableIndex !== lastIndex) return false;
    for (const { active, state, match } of this.#followers.values()) {
      if (!active || state !== 'replicate' || match !== lastIndex) return false;
    }
    return true;
  }

  goQuiet(): void {
    this.#broadcastHeartbeat(true);
  }

  /** Check-quorum counts anew: while the group was quiet nobody said anything. */
  wake(): void {
    this.#quorumTicks = 0;
    this.#broadcastHeartbeat();
  }

  /** Rounds and appends of this turn; called once, at the drain. */
  flush(): void {
    this.#leaveJoint();
    if (this.reads.start(this.#parts.log.commit, this.committedInTerm)) this.#broadcastHeartbeat();
    for (const [replica, progress] of this.#followers) this.#replicate(replica, progress);
  }

  takeGrantedReads(): GrantedRead[] {
    const { membership, self } = this.#parts;
    return this.reads.takeConfirmed(membership, (replica) =>
      replica === self
        ? Number.POSITIVE_INFINITY
        : (this.#followers.get(replica)?.confirmedContext ?? 0),
    );
  }

  #replicate(replica: ReplicaId, progress: Progress): void {
    const { log } = this.#parts;
    this.#offerSnapshot(replica, progress);
    while (!progress.paused && progress.next <= log.lastIndex) {
      this.#sendAppend(replica, progress, true);
      if (progress.state === 'probe') return;
    }
    // No entries to send: the commit index may be news, or a probe or a full window needs words.
    const commitIsNews =
      progress.state === 'replicate' && progress.sentCommit < Math.min(progress.match, log.commit);
    if (commitIsNews || (progress.nudge && (!progress.paused || progress.inflight.full))) {
      this.#sendAppend(replica, progress, false);
    }
  }

  #offerSnapshot(replica: ReplicaId, progress: Progress): void {
    const { outbox, self, term } = this.#parts;
    const snapshot = this.#snapshots.takeOffer(replica);
    if (snapshot === undefined) return;
    outbox.sendNow({ type: 'snapshot', from: self, to: replica, term, snapshot });
    // Nothing would end it where the logs connect. Whoever still wants one asks again.
    if (progress.state !== 'snapshot') this.#snapshots.ended(replica);
  }

  /** Only after an entry whose term is known: never one of term 0 in the mark's place (B8). */
  #sendAppend(replica: ReplicaId, progress: Progress, withEntries: boolean): void {
    const { log, outbox, limits, self, term } = this.#parts;
    const compacted = progress.next < log.firstIndex;
    // It may hold more than it could acknowledge: asked before a snapshot is made for it.
    if (compacted) progress.probeAfter(log.mark.index);
    const previousIndex = progress.next - 1;
    const previousTerm = log.term(previousIndex);
    invariant(previousTerm !== undefined, 'an append follows the mark or a kept entry');
    const some = withEntries && !compacted;
    const entries = some ? log.entries(progress.next, limits.appendBytesMax) : [];
    const ends = { from: self, to: replica, term };
    const content = { previousIndex, previousTerm, commit: log.commit, entries };
    outbox.sendNow({ type: 'append', ...ends, ...content });
    const lastIndex = previousIndex + entries.length;
    progress.sent(lastIndex, dataBytes(entries), Math.min(log.commit, lastIndex));
  }
}

function dataBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}
