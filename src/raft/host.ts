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
import { type AppendBatch, AppendQueue } from './append-queue.js';
import { Applier } from './applier.js';
import { Compaction } from './compaction.js';
import { invariant } from './core/invariant.js';
import { Raft } from './core/raft.js';
import {
  type Effects,
  type GroupId,
  type Message,
  NOBODY,
  type NodeId,
  type ReplicaId,
} from './core/types.js';
import { Group, type ProposalOutcome, type ReadOutcome } from './group.js';
import { handOver } from './hand-over.js';
import type { HostObserver, HostOptions } from './host-options.js';
import { OutgoingFrames } from './outgoing-frames.js';
import { Ticker } from './ticker.js';
import type { GroupMessage } from './transport/types.js';
import type { RecoveredGroup } from './wal/types.js';

/** A freshness read waits for this many periods; by then newer ones have taken its place. */
const freshnessPeriodsMax = 4;

export class Host {
  observer: HostObserver | undefined;
  readonly #options: HostOptions;
  readonly #groups = new Map<GroupId, Group>();
  readonly #dirty = new Set<Group>();
  readonly #queue = new AppendQueue();
  readonly #ticker: Ticker;
  readonly #compaction: Compaction;
  readonly #applier: Applier;
  readonly #outgoing = new OutgoingFrames();
  #turnIsDue = false;
  #compactionIsDue = false;
  #inTurn = false;
  #writing: Promise<void> | undefined;
  #stopFreshness: (() => void) | undefined;
  #stopped = false;
  readonly statistics = { elections: 0, droppedMessages: 0, readRounds: 0, turns: 0 };

  constructor(options: HostOptions) {
    this.#options = options;
    this.#ticker = new Ticker(options.clock, options.timing);
    this.#compaction = new Compaction(options.wal, options.stateMachine, options.limits);
    this.#applier = new Applier(options.stateMachine, options.clock, options.limits);
  }

  /** Takes over the recovered groups and begins to tick. `stateMachine` and `wal` are open. */
  start(recovered: readonly RecoveredGroup[]): void {
    const { stateMachine, wal, clock, timing } = this.#options;
    for (const found of recovered) this.#addGroup(found);
    stateMachine.onProgress = () => {
      this.#compactionIsDue = true;
      this.#schedule();
    };
    stateMachine.onFailure = (error) => this.fail(error);
    invariant(wal.failure === undefined, 'the log is open and healthy');
    this.#ticker.start((count, lateMs) => this.#onTick(count, lateMs));
    this.#stopFreshness = clock.every(timing.freshnessMs, () => this.#refresh());
    this.#schedule();
  }

  #addGroup(found: RecoveredGroup): void {
    const group = new Group(found.group, this.#recoveredRaft(found));
    this.#groups.set(found.group, group);
    this.#dirty.add(group);
  }

  #recoveredRaft(found: RecoveredGroup): Raft {
    const { stateMachine, wal, random, raftTiming, raftLimits } = this.#options;
    const { group, replica, mark, hardState, lastIndex, terms, configurations } = found;
    const applied = stateMachine.applied(group);
    const reader = wal.reader(group);
    const [timing, limits] = [raftTiming, raftLimits];
    const log = { mark, hardState, lastIndex, terms, configurations, reader };
    try {
      return new Raft({ self: replica, ...log, applied, random, timing, limits });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`group ${group}: ${why}`, { cause: error });
    }
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

  /**
   * Settles when this replica has applied everything that was committed when it was called, or
   * within a tick after `waitMs`.
   */
  read(id: GroupId, waitMs = Number.POSITIVE_INFINITY): Promise<ReadOutcome> {
    const group = this.#groups.get(id);
    if (this.#stopped || group === undefined) {
      return Promise.resolve({ status: 'dropped', reason: 'stopped' });
    }
    this.#touch(group);
    const nowMs = this.#options.clock.monotonicMs();
    return new Promise((resolve) => group.read({ nowMs, endMs: nowMs + waitMs }, resolve));
  }

  campaign(id: GroupId): void {
    this.#input(id, (group) => group.receive({ kind: 'campaign' }));
  }

  transfer(id: GroupId, to: ReplicaId): void {
    this.#input(id, (group) => group.receive({ kind: 'transfer', to }));
  }

  onMessages(from: NodeId, messages: readonly GroupMessage[]): void {
    const full = this.#queue.length >= this.#options.limits.appendsQueuedMax;
    for (const { group: id, message } of messages) {
      const group = this.#groups.get(id);
      // A replica speaks only through its own node; anything else is a stranger or a mix-up.
      const stranger = group?.raft.membership.nodeOf(message.from) !== from;
      if (group === undefined || stranger || this.#stopped || (full && needsLog(message))) {
        this.statistics.droppedMessages += 1;
        continue;
      }
      group.receive({ kind: 'message', message });
      this.#touch(group);
    }
  }

  onUnreachable(node: NodeId): void {
    if (this.#stopped) return;
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

  #onTick(count: number, lateMs: number): void {
    this.observer?.loopDelay(lateMs);
    const nowMs = this.#options.clock.monotonicMs();
    for (const group of this.#groups.values()) {
      group.expireReads(nowMs);
      for (let i = 0; i < count; i += 1) group.receive({ kind: 'tick' });
      this.#dirty.add(group);
    }
    this.#compactionIsDue = true;
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
    const { clock, timing } = this.#options;
    const nowMs = clock.monotonicMs();
    group.read({ nowMs, endMs: nowMs + freshnessPeriodsMax * timing.freshnessMs }, () => {});
    this.#touch(group);
  }

  // The turn -------------------------------------------------------------------------------

  /** `durable`: the batch whose write has just ended. */
  #turn(durable?: AppendBatch): void {
    if (this.#stopped || this.#inTurn) return;
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    this.#turnIsDue = false;
    this.#inTurn = true;
    this.statistics.turns += 1;
    try {
      if (durable !== undefined) this.#durable(durable);
      if (this.#compactionIsDue) this.#compact();
      this.#stepAndDrain();
      this.#write();
      this.#outgoing.send(this.#options.transport);
      if (this.#apply()) {
        // What was applied frees room and grants reads; both belong to this turn.
        this.#stepAndDrain();
        this.#outgoing.send(this.#options.transport);
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
    return this.#applier.ready;
  }

  #stepAndDrain(): void {
    if (this.#dirty.size === 0) return;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const group of dirty) {
      const effects = group.turn();
      if (effects !== undefined) this.#take(group, effects);
      group.serveReads(this.#options.stateMachine.applied(group.id));
    }
  }

  #take(group: Group, effects: Effects): void {
    for (const message of effects.send) this.#outgoing.add(group, message);
    if (effects.append !== undefined) this.#queue.push(group, effects.append);
    if (effects.apply.length > 0) this.#applier.add(group);
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

  // The log --------------------------------------------------------------------------------

  #write(): void {
    if (this.#writing !== undefined || this.#queue.empty) return;
    const batch = this.#queue.take(this.#options.limits.batchBytesMax);
    if (batch.writes.length === 0) {
      this.#durable(batch);
      return;
    }
    const { wal } = this.#options;
    this.#writing = wal.write({ created: [], removed: [], writes: batch.writes }).then(
      () => {
        this.#writing = undefined;
        // The answers leave now, not after whatever the loop does next.
        this.#turn(batch);
      },
      (error: Error) => {
        this.#writing = undefined;
        this.fail(error);
      },
    );
  }

  #durable(batch: AppendBatch): void {
    for (const { group, mark } of batch.compactions) {
      group.receive({ kind: 'compacted', index: mark.index });
      this.#dirty.add(group);
    }
    for (const { group, append } of batch.appends) {
      for (const message of append.then) this.#outgoing.add(group, message);
      group.receive({ kind: 'appended', token: append.token });
      this.#dirty.add(group);
    }
  }

  #compact(): void {
    this.#compactionIsDue = false;
    for (const group of this.#compaction.candidates(this.#groups)) {
      const mark = this.#compaction.mark(group);
      if (mark !== undefined) this.#queue.compact(group, mark);
    }
  }

  // The state ------------------------------------------------------------------------------

  /** True when something was applied. */
  #apply(): boolean {
    const round = this.#applier.run();
    if (round === undefined) return false;
    for (const group of round.groups) this.#dirty.add(group);
    this.observer?.applied(round.entries, round.durationMs);
    return true;
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
  handOver(timeoutMs: number): Promise<void> {
    const { clock, timing } = this.#options;
    const groups = () => this.#groups.values();
    const transfer = (group: Group, to: ReplicaId) => this.transfer(group.id, to);
    const stopped = () => this.#stopped;
    return handOver({ groups, transfer, stopped, clock, pollMs: timing.tickMs / 2 }, timeoutMs);
  }

  /** Stops all groups and waits for the batch being written. Idempotent. */
  async close(): Promise<void> {
    if (!this.#stopped) this.#stop();
    await this.#writing;
  }
}

/** True for what a replica answers, or takes in, through its log. */
function needsLog({ type }: Message): boolean {
  return type === 'append' || type === 'vote' || type === 'pre-vote';
}
