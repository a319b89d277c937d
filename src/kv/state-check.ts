/**
 * Compares the states of a shard's replicas, a slice of rows at a time. The leader puts a `verify`
 * entry into the log; every replica hashes the same rows at the same applied index; the leader
 * asks for the hashes, and the majority of the voters decides. A replica that differs serves
 * nothing from then on and gets a snapshot. When that is the leader itself, it hands over first.
 *
 * One shard at a time on each node, one step at a time, a pass over each shard now and then: the
 * cost is a quarter of a megabyte hashed per second at most, inside the turn that applies it.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, Index, ReplicaId } from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { IncomingRequest, Transport } from '../raft/transport/types.js';
import type { StateCheckTiming } from './state-check-timing.js';
import {
  decodeStateHashAnswer,
  decodeStateHashRequest,
  encodeStateHashAnswer,
  encodeStateHashRequest,
  type StateHashAnswer,
  type StateHashRequest,
} from './state-hash-codec.js';
import { type StateVerdict, stateVerdict } from './state-verdict.js';
import { encodeCommand } from './store/command.js';
import type { Store, VerifyResult } from './store/types.js';

export interface StateCheckLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StateCheckOptions {
  readonly host: Pick<Host, 'group' | 'groups' | 'propose' | 'stateDamaged'>;
  readonly store: Pick<Store, 'shard' | 'applied' | 'sliceHash'>;
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timing: StateCheckTiming;
  readonly logger: StateCheckLogger;
}

/** Pause before a follower that has not applied the entry yet is asked again. */
const againMs = 100;
/** From a pass that found a difference and no majority to the next one. */
const undecidedMs = 60_000;

export class StateCheck {
  readonly statistics = { compared: 0, damaged: 0 };
  readonly #options: StateCheckOptions;
  /** When the next pass over a shard is due, by this node's clock. */
  readonly #dueMs = new Map<GroupId, number>();
  readonly #damaged = new Set<GroupId>();
  /** Shards in which replicas differ, and too few have answered to say which are right. */
  readonly #undecided = new Set<GroupId>();
  /** The shard whose pass is under way. */
  #current: GroupId | undefined;
  #stepping = false;
  #cancel: (() => void) | undefined;

  constructor(options: StateCheckOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, timing } = this.#options;
    this.#cancel = clock.every(timing.stepMs, () => void this.#step());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The replica here was found to differ and has not been replaced yet. */
  damaged(group: GroupId): boolean {
    if (!this.#damaged.has(group)) return false;
    if (this.#options.host.group(group)?.raft.installing === true) return true;
    this.#damaged.delete(group);
    return false;
  }

  // The leader -----------------------------------------------------------------------------

  async #step(): Promise<void> {
    if (this.#stepping) return;
    const group = this.#next();
    if (group === undefined) return;
    this.#stepping = true;
    const passEnds = await this.#compareSlice(group);
    this.#stepping = false;
    if (passEnds) this.#passEnded(group.id);
  }

  /** The shard whose pass is under way, as long as it is led here; then the one longest due. */
  #next(): Group | undefined {
    const { host, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    let next: Group | undefined;
    let nextDueMs = nowMs;
    for (const group of host.groups()) {
      if (group.raft.role !== 'leader' || group.raft.installing) continue;
      if (group.id === this.#current) return group;
      const dueMs = this.#dueMs.get(group.id) ?? this.#firstDue(group.id, nowMs);
      if (dueMs > nextDueMs) continue;
      next = group;
      nextDueMs = dueMs;
    }
    this.#current = next?.id;
    return next;
  }

  /** Spread: a restarted node does not check everything at once, nor do all nodes together. */
  #firstDue(group: GroupId, nowMs: number): number {
    const { random, timing } = this.#options;
    const dueMs = nowMs + random() * timing.passMs;
    this.#dueMs.set(group, dueMs);
    return dueMs;
  }

  #passEnded(group: GroupId): void {
    const { clock, timing } = this.#options;
    // Not in hours: until then the damaged replica may lead, and give its state to others.
    const pauseMs = this.#undecided.delete(group)
      ? Math.min(undecidedMs, timing.passMs)
      : timing.passMs;
    this.#dueMs.set(group, clock.monotonicMs() + pauseMs);
    if (this.#current === group) this.#current = undefined;
  }

  /** True when the slice was the last one of a pass, or none can be made. */
  async #compareSlice(group: Group): Promise<boolean> {
    const { host, store, clock } = this.#options;
    const state = store.shard(group.id);
    if (state === undefined) return true;
    const timeMs = Math.max(0, Math.floor(clock.wallMs()));
    const command = encodeCommand({ type: 'verify', rangeEpoch: state.epoch.range, timeMs });
    // Without a majority it stays open, and the other shards must not wait for that.
    const outcome = await this.#within(
      this.#options.timing.answerMs,
      host.propose(group.id, command),
    );
    if (outcome?.status !== 'applied') return true;
    const result = outcome.result as VerifyResult;
    if (result.outcome !== 'verified') return true;
    const hashes = await this.#gather(group, result);
    const verdict = stateVerdict(hashes, group.raft.membership);
    if (verdict.hash !== undefined) this.statistics.compared += 1;
    await this.#carryOut(group, result.index, verdict);
    return result.passEnds;
  }

  /** Undefined when it takes longer. */
  #within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(ms, () => resolve(undefined));
      work.finally(cancel).then(resolve, reject);
    });
  }

  async #gather(
    group: Group,
    own: { readonly index: Index; readonly hash: bigint },
  ): Promise<ReadonlyMap<ReplicaId, bigint>> {
    const hashes = new Map<ReplicaId, bigint>([[group.replica, own.hash]]);
    const others = group.raft.membership.replicas.filter((replica) => replica !== group.replica);
    const answers = others.map(async (replica) => {
      const hash = await this.#hashOf(group, replica, own.index);
      if (hash !== undefined) hashes.set(replica, hash);
    });
    await Promise.all(answers);
    return hashes;
  }

  async #hashOf(group: Group, replica: ReplicaId, index: Index): Promise<bigint | undefined> {
    const { clock, timing } = this.#options;
    const endMs = clock.monotonicMs() + timing.answerMs;
    while (clock.monotonicMs() < endMs && this.#cancel !== undefined) {
      const leftMs = endMs - clock.monotonicMs();
      const answer = await this.#ask(
        group,
        replica,
        { kind: 'ask', group: group.id, index },
        leftMs,
      );
      if (answer?.kind === 'hash') return answer.hash;
      if (answer?.kind !== 'later') return undefined;
      await new Promise<void>((resolve) => clock.after(againMs, resolve));
    }
    return undefined;
  }

  /** Undefined: no answer, for whatever reason; another pass will ask again. */
  async #ask(
    group: Group,
    replica: ReplicaId,
    request: StateHashRequest,
    timeoutMs: number,
  ): Promise<StateHashAnswer | undefined> {
    const node = group.nodeOf(replica);
    if (node === undefined) return undefined;
    const body = encodeStateHashRequest(request);
    try {
      const bytes = await this.#options.transport.request(node, body, { timeoutMs });
      return decodeStateHashAnswer(bytes);
    } catch {
      return undefined;
    }
  }

  async #carryOut(group: Group, index: Index, verdict: StateVerdict): Promise<void> {
    const { logger, timing } = this.#options;
    if (!verdict.differ) return;
    const { hash } = verdict;
    const fields = { group: group.id, index };
    if (hash === undefined) {
      this.#undecided.add(group.id);
      logger.error(fields, 'replicas differ in their state, and no majority agrees: damage');
      return;
    }
    for (const replica of verdict.damaged) {
      const node = group.nodeOf(replica);
      logger.error(
        { ...fields, replica, node },
        'the state of a replica differs from the majority',
      );
      if (replica === group.replica) this.#condemn(group.id, index);
      else {
        const request = { kind: 'verdict', group: group.id, index, hash } as const;
        await this.#ask(group, replica, request, timing.answerMs);
      }
    }
  }

  // Every replica --------------------------------------------------------------------------

  /** A request of a shard's leader; its first byte is `stateHashRequestType`. */
  async serve({ body }: IncomingRequest): Promise<Buffer> {
    return encodeStateHashAnswer(this.#answer(decodeStateHashRequest(body)));
  }

  #answer(request: StateHashRequest): StateHashAnswer {
    const { host, store } = this.#options;
    const { group: id, index } = request;
    const group = host.group(id);
    if (group === undefined || group.raft.installing) return { kind: 'unknown' };
    const own = store.sliceHash(id, index);
    if (own === undefined) return { kind: store.applied(id) < index ? 'later' : 'unknown' };
    if (request.kind === 'verdict' && request.hash !== own) this.#condemn(id, index);
    return { kind: 'hash', hash: own };
  }

  #condemn(group: GroupId, index: Index): void {
    const { host, logger } = this.#options;
    this.statistics.damaged += 1;
    this.#damaged.add(group);
    logger.error(
      { group, index },
      'the state of this replica is damaged: it serves nothing until a snapshot has replaced it',
    );
    host.stateDamaged(group);
  }
}
