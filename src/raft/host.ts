/**
 * Drives all groups of a node. What arrives during one pass of the event loop is collected; then
 * one turn does, in this order and for all groups together:
 *
 *   1. step and drain every group that something arrived for
 *   2. hand all their appends to the log as one batch, unless one is being written
 *   3. send one frame per peer
 *   4. apply committed entries in one transaction, and answer whoever waits for them
 *
 * The log is written while the loop goes on; when a batch is durable its held-back messages leave
 * and the next batch, gathered meanwhile, follows: that is the group commit.
 */
import { AppendQueue } from './append-queue.js';
import type { Clock } from './clock.js';
import { Compaction, type CompactionLimits } from './compaction.js';
import { invariant } from './core/invariant.js';
import type { RaftLimits, RaftTiming } from './core/options.js';
import { Raft } from './core/raft.js';
import {
  type Effects,
  type Entry,
  type GroupId,
  type Message,
  NOBODY,
  type NodeId,
  type ReplicaId,
  type Role,
} from './core/types.js';
import { Group, type ProposalOutcome, type ReadOutcome } from './group.js';
import type { StateMachine } from './state-machine.js';
import { Ticker } from './ticker.js';
import type { GroupMessage, Transport } from './transport/types.js';
import type { RecoveredGroup, Wal } from './wal/types.js';

export interface HostLimits extends CompactionLimits {
  /** Entry data in one batch of the log; a larger append still travels alone. */
  readonly batchBytesMax: number;
  /** Entry data and time that one turn applies at most. */
  readonly applyBytesMax: number;
  readonly applyMsMax: number;
}

export interface HostTiming {
  readonly tickMs: number;
  /** A longer gap between two ticks counts as one tick. */
  readonly gapTicksMax: number;
  /** How often every replica makes sure that it is current, for stale reads. */
  readonly freshnessMs: number;
}

export const defaultHostTiming: HostTiming = { tickMs: 50, gapTicksMax: 4, freshnessMs: 1_000 };

const MiB = 1024 * 1024;

export const defaultHostLimits: HostLimits = {
  batchBytesMax: 4 * MiB,
  applyBytesMax: 2 * MiB,
  applyMsMax: 5,
  groupTailBytesMax: 64 * MiB,
};

export interface HostLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Called on the hot path: must be cheap. */
export interface HostObserver {
  turn(durationMs: number): void;
  applied(entries: number, durationMs: number): void;
}

export interface RoleChange {
  readonly group: GroupId;
  readonly role: Role;
  readonly leader: NodeId | undefined;
  readonly term: number;
}

export interface HostOptions {
  readonly wal: Wal;
  readonly transport: Pick<Transport, 'send'>;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: HostLogger;
  readonly raftTiming: RaftTiming;
  readonly raftLimits: RaftLimits;
  readonly timing: HostTiming;
  readonly limits: HostLimits;
  readonly onRole: (change: RoleChange) => void;
  /** Called once; the node stops serving. */
  readonly onFailure: (error: Error) => void;
}

export class Host {
  observer: HostObserver | undefined;
  readonly #options: HostOptions;
  readonly #groups = new Map<GroupId, Group>();
  readonly #dirty = new Set<Group>();
  readonly #behindTail = new Set<Group>();
  readonly #queue = new AppendQueue();
  readonly #ticker: Ticker;
  readonly #compaction: Compaction;
  #outgoing = new Map<NodeId, GroupMessage[]>();
  #turnIsDue = false;
  #inTurn = false;
  #writing: Promise<void> | undefined;
  #stopFreshness: (() => void) | undefined;
  #stopped = false;
  /** Microseconds that applying one entry takes, a moving average that sizes a turn's share. */
  #applyEntryUs = 20;
  readonly statistics = { elections: 0, droppedMessages: 0, readRounds: 0, turns: 0 };

  constructor(options: HostOptions) {
    this.#options = options;
    this.#ticker = new Ticker(options.clock, options.timing);
    this.#compaction = new Compaction(options.wal, options.stateMachine, options.limits);
  }

  /** Takes over the recovered groups and begins to tick. `stateMachine` and `wal` are open. */
  start(recovered: readonly RecoveredGroup[]): void {
    const { stateMachine, wal, clock, timing } = this.#options;
    for (const found of recovered) this.#addGroup(found);
    stateMachine.onProgress = () => {
      this.#compact();
      this.#schedule();
    };
    stateMachine.onFailure = (error) => this.fail(error);
    invariant(wal.failure === undefined, 'the log is open and healthy');
    this.#ticker.start((count) => this.#onTick(count));
    this.#stopFreshness = clock.every(timing.freshnessMs, () => this.#refresh());
    this.#schedule();
  }

  #addGroup(found: RecoveredGroup): void {
    const { stateMachine, wal, random, raftTiming, raftLimits } = this.#options;
    const raft = new Raft({
      self: found.replica,
      mark: found.mark,
      hardState: found.hardState,
      lastIndex: found.lastIndex,
      terms: found.terms,
      applied: stateMachine.applied(found.group),
      reader: wal.reader(found.group),
      random,
      timing: raftTiming,
      limits: raftLimits,
    });
    const group = new Group(found.group, raft);
    this.#groups.set(found.group, group);
    this.#dirty.add(group);
  }

  group(id: GroupId): Group | undefined {
    return this.#groups.get(id);
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  get queuedAppends(): number {
    return this.#queue.length;
  }

  // What arrives ---------------------------------------------------------------------------

  /** Settles once: applied with its result, surely not applied, or nobody knows. */
  propose(id: GroupId, data: Uint8Array): Promise<ProposalOutcome> {
    const group = this.#groups.get(id);
    if (this.#stopped || group === undefined) {
      return Promise.resolve({ status: 'not-applied', reason: 'stopped' });
    }
    this.#touch(group);
    return new Promise((resolve) => group.propose(data, resolve));
  }

  /** Settles when this replica has applied everything that was committed when it was called. */
  read(id: GroupId): Promise<ReadOutcome> {
    const group = this.#groups.get(id);
    if (this.#stopped || group === undefined) {
      return Promise.resolve({ status: 'dropped', reason: 'stopped' });
    }
    this.#touch(group);
    return new Promise((resolve) => group.read(this.#options.clock.monotonicMs(), resolve));
  }

  campaign(id: GroupId): void {
    this.#input(id, (group) => group.receive({ kind: 'campaign' }));
  }

  transfer(id: GroupId, to: ReplicaId): void {
    this.#input(id, (group) => group.receive({ kind: 'transfer', to }));
  }

  onMessages(from: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group: id, message } of messages) {
      const group = this.#groups.get(id);
      // A replica speaks only through its own node; anything else is a stranger or a mix-up.
      if (group === undefined || group.raft.membership.nodeOf(message.from) !== from) {
        this.statistics.droppedMessages += 1;
        continue;
      }
      group.receive({ kind: 'message', message });
      this.#touch(group);
    }
  }

  onUnreachable(node: NodeId): void {
    for (const group of this.#groups.values()) {
      for (const replica of group.raft.membership.replicas) {
        if (group.raft.membership.nodeOf(replica) !== node) continue;
        group.receive({ kind: 'unreachable', replica });
        this.#touch(group);
      }
    }
  }

  #input(id: GroupId, give: (group: Group) => void): void {
    const group = this.#groups.get(id);
    if (group === undefined || this.#stopped) return;
    give(group);
    this.#touch(group);
  }

  #touch(group: Group): void {
    this.#dirty.add(group);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turnIsDue || this.#stopped) return;
    this.#turnIsDue = true;
    this.#options.clock.soon(() => {
      if (this.#turnIsDue) this.#turn();
    });
  }

  #onTick(count: number): void {
    for (const group of this.#groups.values()) {
      for (let i = 0; i < count; i += 1) group.receive({ kind: 'tick' });
      this.#dirty.add(group);
    }
    this.#compact();
    this.#turn();
  }

  /** Reads nothing: asks every leader for a read index, and so learns that it is current. */
  #refresh(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const group of this.#groups.values()) {
      const { freshnessMs } = this.#options.timing;
      if (group.freshMs !== undefined && nowMs - group.freshMs < freshnessMs / 2) continue;
      if (group.raft.leader !== NOBODY) this.#askWhetherCurrent(group);
    }
  }

  #askWhetherCurrent(group: Group): void {
    group.read(this.#options.clock.monotonicMs(), () => {});
    this.#touch(group);
  }

  // The turn -------------------------------------------------------------------------------

  #turn(): void {
    if (this.#stopped || this.#inTurn) return;
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    this.#turnIsDue = false;
    this.#inTurn = true;
    this.statistics.turns += 1;
    try {
      this.#stepAndDrain();
      this.#write();
      this.#sendFrames();
      if (this.#apply()) {
        // What was applied frees room and grants reads; both belong to this turn.
        this.#stepAndDrain();
        this.#sendFrames();
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#inTurn = false;
    }
    this.observer?.turn(clock.monotonicMs() - startMs);
    if (!this.#stopped && this.#hasWork()) this.#schedule();
  }

  #hasWork(): boolean {
    if (this.#dirty.size > 0) return true;
    if (!this.#queue.empty && this.#writing === undefined) return true;
    if (this.#options.stateMachine.held) return false;
    for (const group of this.#groups.values()) if (group.hasApplyWork) return true;
    return false;
  }

  #stepAndDrain(): void {
    if (this.#dirty.size === 0) return;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const group of dirty) {
      const effects = group.turn();
      if (effects !== undefined) this.#take(group, effects);
      if (group.raft.behindTail !== this.#behindTail.has(group)) this.#tellBehindTail(group);
      group.serveReads(this.#options.stateMachine.applied(group.id));
    }
  }

  #take(group: Group, effects: Effects): void {
    for (const message of effects.send) this.#address(group, message);
    if (effects.append !== undefined) this.#queue.push(group, effects.append);
    this.statistics.readRounds += effects.reads.length;
    if (effects.role !== undefined) this.#tellRole(group, effects.role);
  }

  #tellRole(group: Group, now: NonNullable<Effects['role']>): void {
    const { role, term } = now;
    const leader = now.leader === NOBODY ? undefined : group.raft.membership.nodeOf(now.leader);
    if (role === 'candidate') this.statistics.elections += 1;
    const fields = { group: group.id, role, term, leader: leader ?? null };
    this.#options.logger.info(fields, 'raft role changed');
    this.#options.onRole({ group: group.id, role, leader, term });
    // As soon as there is a leader the replica makes sure that it is current.
    if (leader !== undefined) this.#askWhetherCurrent(group);
  }

  #tellBehindTail(group: Group): void {
    const { logger } = this.#options;
    const { behindTail: firstIndex, lastIndex } = group.raft.status;
    if (firstIndex === undefined) {
      this.#behindTail.delete(group);
      logger.info({ group: group.id, lastIndex }, 'replica is catching up again');
      return;
    }
    this.#behindTail.add(group);
    const fields = { group: group.id, lastIndex, leaderFirstIndex: firstIndex };
    logger.error(
      fields,
      'replica cannot catch up: its leader no longer keeps the entries it needs',
    );
  }

  #address(group: Group, message: Message): void {
    const node = group.raft.membership.nodeOf(message.to);
    invariant(node !== undefined, 'messages go to members');
    const messages = this.#outgoing.get(node);
    const addressed = { group: group.id, message };
    if (messages === undefined) this.#outgoing.set(node, [addressed]);
    else messages.push(addressed);
  }

  #sendFrames(): void {
    if (this.#outgoing.size === 0) return;
    const outgoing = this.#outgoing;
    this.#outgoing = new Map();
    for (const [node, messages] of outgoing) this.#options.transport.send(node, messages);
  }

  // The log --------------------------------------------------------------------------------

  #write(): void {
    if (this.#writing !== undefined || this.#queue.empty) return;
    const batch = this.#queue.take(this.#options.limits.batchBytesMax);
    const durable = () => {
      this.#writing = undefined;
      if (this.#stopped) return;
      for (const { group, mark } of batch.compactions) {
        group.receive({ kind: 'compacted', index: mark.index });
        this.#dirty.add(group);
      }
      for (const { group, append } of batch.appends) {
        for (const message of append.then) this.#address(group, message);
        group.receive({ kind: 'appended', token: append.token });
        this.#dirty.add(group);
      }
    };
    if (batch.writes.length === 0) {
      durable();
      return;
    }
    const { wal } = this.#options;
    this.#writing = wal.write({ created: [], removed: [], writes: batch.writes }).then(
      () => {
        durable();
        // The answers leave now, not after whatever the loop does next.
        this.#turn();
      },
      (error: Error) => {
        this.#writing = undefined;
        this.fail(error);
      },
    );
  }

  #compact(): void {
    for (const group of this.#compaction.candidates(this.#groups)) {
      const mark = this.#compaction.mark(group);
      if (mark !== undefined) this.#queue.compact(group, mark);
    }
    if (!this.#queue.empty) this.#schedule();
  }

  // The state ------------------------------------------------------------------------------

  /** True when something was applied. */
  #apply(): boolean {
    const { stateMachine, limits, clock } = this.#options;
    if (stateMachine.held) return false;
    const work: { group: Group; entries: Entry[] }[] = [];
    let bytesLeft = limits.applyBytesMax;
    let entriesLeft = Math.max(16, Math.floor((limits.applyMsMax * 1000) / this.#applyEntryUs));
    for (const group of this.#groups.values()) {
      if (!group.hasApplyWork || bytesLeft <= 0 || entriesLeft <= 0) continue;
      const entries = group.takeApplyWork(entriesLeft, bytesLeft);
      work.push({ group, entries });
      entriesLeft -= entries.length;
      for (const entry of entries) bytesLeft -= entry.data.length;
    }
    if (work.length === 0) return false;
    this.#rotateGroups(work);
    const startMs = clock.monotonicMs();
    const results = stateMachine.apply(
      work.map(({ group, entries }) => ({ group: group.id, entries })),
    );
    this.#measureApply(work, clock.monotonicMs() - startMs);
    work.forEach(({ group, entries }, i) => {
      group.applied(entries, results[i] ?? []);
      this.#dirty.add(group);
    });
    return true;
  }

  /** Who was served goes to the back of the queue, so that a busy group starves nobody. */
  #rotateGroups(work: readonly { group: Group }[]): void {
    for (const { group } of work) {
      if (!group.hasApplyWork) continue;
      this.#groups.delete(group.id);
      this.#groups.set(group.id, group);
    }
  }

  #measureApply(work: readonly { entries: readonly Entry[] }[], durationMs: number): void {
    let entries = 0;
    for (const part of work) entries += part.entries.length;
    const us = (durationMs * 1000) / entries;
    this.#applyEntryUs = Math.max(1, this.#applyEntryUs * 0.9 + us * 0.1);
    this.observer?.applied(entries, durationMs);
  }

  // The end --------------------------------------------------------------------------------

  /**
   * An error that this node must not survive: the disk, or input that no correct peer sends.
   * Nothing is acknowledged from here on; the others elect new leaders.
   */
  fail(error: Error): void {
    if (this.#stopped) return;
    this.#options.logger.error({ err: error }, 'this node stops serving');
    this.#stop();
    this.#options.onFailure(error);
  }

  #stop(): void {
    this.#stopped = true;
    this.#ticker.stop();
    this.#stopFreshness?.();
    for (const group of this.#groups.values()) group.stop();
  }

  /**
   * Offers every leadership of this node to its best follower and waits until it is gone or
   * `timeoutMs` have passed. Proposals are refused meanwhile and go to the new leader.
   */
  async handOver(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + timeoutMs;
    const led = () =>
      [...this.#groups.values()].filter((group) => group.raft.status.role === 'leader');
    for (const group of led()) {
      const to = bestFollower(group);
      if (to !== undefined) this.transfer(group.id, to);
    }
    while (!this.#stopped && clock.monotonicMs() < endMs) {
      if (led().every((group) => bestFollower(group) === undefined)) return;
      await new Promise<void>((resolve) => clock.after(this.#options.timing.tickMs / 2, resolve));
    }
  }

  /** Stops all groups and waits for the batch being written. Idempotent. */
  async close(): Promise<void> {
    if (!this.#stopped) this.#stop();
    await this.#writing;
  }
}

/** The active voter that holds most of the log, the smallest id among equals. */
export function bestFollower(group: Group): ReplicaId | undefined {
  let best: ReplicaId | undefined;
  let bestMatch = -1;
  for (const [replica, progress] of group.raft.leadership?.followers ?? []) {
    const eligible = progress.state === 'replicate' && group.raft.membership.isVoter(replica);
    if (!eligible || progress.match <= bestMatch) continue;
    best = replica;
    bestMatch = progress.match;
  }
  return best;
}
