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
import type { AppendBatch } from './append-queue.js';
import { Applier } from './applier.js';
import { Compaction } from './compaction.js';
import { invariant } from './core/invariant.js';
import type { Effects, GroupId, Input, Message, NodeId, ReplicaId } from './core/types.js';
import { Freshness } from './freshness.js';
import {
  Group,
  type MembershipChange,
  type MembershipOutcome,
  type ProposalOutcome,
  type ReadOutcome,
} from './group.js';
import { GroupLifecycle } from './group-lifecycle.js';
import { GroupNews } from './group-news.js';
import { GroupTable } from './group-table.js';
import { handOver } from './hand-over.js';
import type { HostObserver, HostOptions } from './host-options.js';
import { LogWriter } from './log-writer.js';
import { MessageIntake } from './message-intake.js';
import { OutgoingFrames } from './outgoing-frames.js';
import { recoveredGroup } from './recovered-group.js';
import { SnapshotExchange } from './snapshots/snapshot-exchange.js';
import { Ticker } from './ticker.js';
import type { GroupMessage } from './transport/types.js';
import type { Recovered } from './wal/types.js';

export class Host {
  observer: HostObserver | undefined;
  readonly snapshots: SnapshotExchange;
  readonly #options: HostOptions;
  readonly #groups = new GroupTable();
  readonly #log: LogWriter;
  readonly #intake: MessageIntake;
  readonly #ticker: Ticker;
  readonly #compaction: Compaction;
  readonly #applier: Applier;
  readonly #lifecycle: GroupLifecycle;
  readonly #freshness: Freshness;
  readonly #news: GroupNews;
  readonly #outgoing = new OutgoingFrames();
  #turnIsDue = false;
  #lookedAtTailsMs = 0;
  #inTurn = false;
  #stopped = false;
  #turns = 0;
  #readRounds = 0;
  #unsent = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    const { wal, stateMachine, clock, random, limits, timing, logger, transport } = options;
    const fail = (error: Error) => this.fail(error);
    this.#ticker = new Ticker(clock, timing);
    // The answers leave now, not after whatever the loop does next.
    const durable = (batch: AppendBatch) => this.#turn(batch);
    this.#log = new LogWriter({ wal, batchBytesMax: limits.batchBytesMax, durable, fail });
    const { queue } = this.#log;
    this.#applier = new Applier(stateMachine, clock, limits);
    this.#news = new GroupNews(options);
    this.snapshots = new SnapshotExchange({
      ...{ stateMachine, transport, clock, logger, fail, limits: options.snapshotLimits },
      group: (id) => this.#groups.get(id),
      give: (group, input) => this.#give(group, input),
    });
    this.#compaction = new Compaction({
      ...{ wal, stateMachine, clock, random, limits },
      pinned: (group) => this.snapshots.pinned(group),
      unpin: (group) => this.snapshots.unpin(group),
    });
    this.#lifecycle = new GroupLifecycle({
      ...{ queue, files: stateMachine.snapshots, logger, fail },
      mayLive: options.mayLive,
    });
    this.#intake = new MessageIntake({
      ...{ lifecycle: this.#lifecycle, onAskedToLead: options.onAskedToLead },
      group: (id) => this.#groups.get(id),
      logIsFull: () => queue.length >= limits.appendsQueuedMax,
      give: (group, message) => this.#give(group, { kind: 'message', message }),
      bury: (group) => this.#bury(group),
    });
    this.#freshness = new Freshness({
      ...{ clock, random, periodMs: timing.freshnessMs, awake: this.#groups.awake },
      touch: (group) => this.#touch(group),
    });
  }

  /** Takes over the recovered groups and begins to tick. `stateMachine` and `wal` are open. */
  start(recovered: Pick<Recovered, 'groups' | 'tombstones'>): void {
    const { stateMachine, wal } = this.#options;
    invariant(wal.failure === undefined, 'the log is open and healthy');
    for (const found of recovered.groups) {
      const { raft, install, damaged } = recoveredGroup(found, this.#options);
      const group = new Group(found.group, raft);
      this.#groups.add(group);
      if (install) this.snapshots.install(group, found.mark);
      if (damaged) group.receive({ kind: 'state-damaged' });
    }
    this.#lifecycle.start(recovered);
    stateMachine.onProgress = () => this.#schedule();
    stateMachine.onFailure = (error) => this.fail(error);
    this.#ticker.start((count, lateMs) => this.#onTick(count, lateMs));
    this.#freshness.start();
    this.#schedule();
  }

  group(id: GroupId): Group | undefined {
    return this.#groups.get(id);
  }

  groups(): Iterable<Group> {
    return this.#groups.values();
  }

  get statistics() {
    return {
      ...this.#news.statistics,
      droppedMessages: this.#intake.dropped + this.#unsent,
      readRounds: this.#readRounds,
      turns: this.#turns,
      queuedAppends: this.#log.queue.length,
      quietGroups: this.#groups.quiet,
    };
  }

  // What arrives ---------------------------------------------------------------------------

  /** Settles once: applied with its result, surely not applied, or nobody knows. */
  propose(id: GroupId, data: Uint8Array): Promise<ProposalOutcome> {
    const group = this.#groups.get(id);
    if (this.#stopped || group === undefined) return Promise.resolve(stopped);
    this.#touch(group);
    return new Promise((resolve) => group.propose(data, resolve));
  }

  /** Settles when the new configuration is in force here, or with the reason why it is not. */
  changeMembership(id: GroupId, change: MembershipChange): Promise<MembershipOutcome> {
    const group = this.#groups.get(id);
    if (this.#stopped || group === undefined) return Promise.resolve(stopped);
    this.#touch(group);
    return new Promise((resolve) => group.change(change, resolve));
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
    this.#input(id, { kind: 'campaign' });
  }

  transfer(id: GroupId, to: ReplicaId): void {
    this.#input(id, { kind: 'transfer', to });
  }

  /** Its state differs from the others': it serves nothing until a snapshot has replaced it. */
  stateDamaged(id: GroupId): void {
    const group = this.#groups.get(id);
    if (group === undefined || this.#stopped) return;
    this.#options.stateMachine.snapshots.invalidate(id);
    this.#leaveState(group);
    this.#give(group, { kind: 'state-damaged' });
  }

  /** The leader says so, but not in a message: this replica is no member any more. */
  toldRemoved(group: Group, by: { replica: ReplicaId; node: NodeId; term: number }): void {
    const { replica: from, node, term } = by;
    const message = { type: 'gone', from, to: group.replica, term } as const;
    if (this.#groups.has(group)) this.onMessages(node, [{ group: group.id, message }]);
  }

  onMessages(from: NodeId, messages: readonly GroupMessage[]): void {
    if (this.#stopped) this.#unsent += messages.length;
    else this.#intake.take(from, messages);
    // A group may have been created, or buried.
    if (this.#log.ready) this.#schedule();
  }

  onUnreachable(node: NodeId): void {
    if (this.#stopped) return;
    this.#groups.unreachable(node, this.#options.raftTiming.electionTicksMin);
    if (this.#groups.someDirty) this.#schedule();
  }

  #input(id: GroupId, input: Input): void {
    const group = this.#groups.get(id);
    if (group !== undefined && !this.#stopped) this.#give(group, input);
  }

  #give(group: Group, input: Input): void {
    this.#groups.give(group, input);
    this.#schedule();
  }

  #touch(group: Group): void {
    this.#groups.touch(group);
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
    this.#groups.tick(count, this.#options.clock.monotonicMs());
    this.#turn();
  }

  // The turn -------------------------------------------------------------------------------

  /** `durable`: the batch whose write has just ended. */
  #turn(durable?: AppendBatch): void {
    if (this.#stopped || this.#inTurn) return;
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    this.#turnIsDue = false;
    this.#inTurn = true;
    try {
      this.#turns += 1;
      if (durable !== undefined) this.#durable(durable);
      this.#compact(startMs);
      this.#stepAndDrain();
      const written = this.#log.write();
      if (written !== undefined) this.#durable(written);
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
    return this.#groups.someDirty || this.#log.ready || this.#applier.ready;
  }

  #stepAndDrain(): void {
    for (const group of this.#groups.takeDirty()) {
      const effects = group.turn();
      if (effects !== undefined) this.#take(group, effects);
      this.snapshots.take(group, effects);
      if (group.raft.removed) {
        this.#bury(group);
        continue;
      }
      this.#groups.awake.update(group);
      if (!group.raft.installing) group.serveReads(this.#options.stateMachine.applied(group.id));
    }
  }

  #take(group: Group, effects: Effects): void {
    for (const message of effects.send) this.#send(group, message);
    if (effects.append !== undefined) this.#log.queue.push(group, effects.append);
    if (effects.append?.snapshot !== undefined) this.#leaveState(group);
    if (effects.apply.length > 0) this.#applier.add(group);
    this.#readRounds += effects.reads.length;
    this.#news.take(group, effects);
    // As soon as there is a leader the replica makes sure that it is current.
    if (effects.role !== undefined && effects.role.leader !== 0) this.#freshness.ask(group);
  }

  #send(group: Group, message: Message): void {
    if (!this.#outgoing.add(group, message)) this.#unsent += 1;
  }

  /** Another state takes the place of this one: nothing more is done to it or read from it. */
  #leaveState(group: Group): void {
    group.dropApplyWork();
    this.#applier.remove(group);
    group.dropReads();
  }

  #bury(group: Group): void {
    this.#groups.remove(group);
    this.#applier.remove(group);
    this.#compaction.forget(group.id);
    this.snapshots.forget(group.id);
    group.stop();
    this.#lifecycle.bury(group.id, group.replica);
    const leader = group.nodeOf(group.raft.leader);
    this.#options.onRemoved?.({ group: group.id, replica: group.replica, leader });
  }

  // The log --------------------------------------------------------------------------------

  #durable(batch: AppendBatch): void {
    for (const birth of this.#lifecycle.durable(batch.wal)) {
      const found = { ...birth, lastIndex: birth.mark.index, terms: [], configurations: [] };
      this.#groups.add(new Group(birth.group, recoveredGroup(found, this.#options).raft));
    }
    for (const { group, mark } of batch.compactions) {
      if (this.#groups.has(group)) this.#give(group, { kind: 'compacted', index: mark.index });
    }
    for (const { group, append } of batch.appends) {
      if (!this.#groups.has(group)) continue;
      for (const message of append.then) this.#send(group, message);
      this.#give(group, { kind: 'appended', token: append.token });
      if (append.snapshot !== undefined) this.snapshots.install(group, append.snapshot);
    }
  }

  #compact(nowMs: number): void {
    const { compactionMs } = this.#options.timing;
    if (nowMs - this.#lookedAtTailsMs < compactionMs) return;
    this.#lookedAtTailsMs = nowMs;
    for (const { group, mark } of this.#compaction.marks(this.#groups.values())) {
      this.#log.queue.compact(group, mark);
    }
  }

  // The state ------------------------------------------------------------------------------

  /** True when something was applied. */
  #apply(): boolean {
    const round = this.#applier.run();
    if (round === undefined) return false;
    for (const group of round.groups) this.#groups.touch(group);
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
    this.#freshness.stop();
    this.snapshots.stop();
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
    await this.#log.idle();
  }
}

const stopped = { status: 'not-applied', reason: 'stopped' } as const;
