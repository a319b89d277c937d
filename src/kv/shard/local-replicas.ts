/**
 * Serves writes and reads from the replicas that this node holds, for its own clients and for
 * those of other nodes alike. It never forwards: whoever is refused with `not_leader` or
 * `no_leader` was surely not served and may ask elsewhere.
 */
import type { Clock } from '../../raft/clock.js';
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { ProposalOutcome } from '../../raft/group.js';
import type { Host } from '../../raft/host.js';
import { KvError } from '../errors.js';
import type { ReadAnswer, WriteAnswer, WriteRequest } from '../service.js';
import { encodeCommand } from '../store/command.js';
import type { ShardState, Store, WriteResult } from '../store/types.js';
import { deadline } from './deadline.js';
import { hashOf } from './hash.js';

export interface LocalReplicasLimits {
  /** Writes proposed here whose fate the host has not told yet. */
  readonly writesInProgressMax: number;
  /** Reads that wait for a read index, or for the state to get there. */
  readonly readsInProgressMax: number;
}

/** Beyond them a request is refused as `overloaded`. */
export const localReplicasLimits: LocalReplicasLimits = {
  writesInProgressMax: 16_384,
  readsInProgressMax: 32_768,
};

export interface LocalReplicasOptions {
  readonly node: number;
  readonly host: Pick<Host, 'group' | 'propose' | 'read' | 'fail'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: LocalReplicasLimits;
}

export class LocalReplicas {
  readonly #options: LocalReplicasOptions;
  #writesInProgress = 0;
  #readsInProgress = 0;
  readonly #writeSettled = () => {
    this.#writesInProgress -= 1;
  };
  readonly #readSettled = () => {
    this.#readsInProgress -= 1;
  };

  constructor(options: LocalReplicasOptions) {
    this.#options = options;
  }

  get writesInProgress(): number {
    return this.#writesInProgress;
  }

  get readsInProgress(): number {
    return this.#readsInProgress;
  }

  /** True for a member's replica; one that was created and knows no members yet serves nothing. */
  holds(shard: GroupId): boolean {
    return this.#options.host.group(shard)?.raft.membership.uninitialised === false;
  }

  /** The nodes of the configuration in force here; undefined without one. */
  membersOf(shard: GroupId): readonly NodeId[] | undefined {
    if (!this.holds(shard)) return undefined;
    const membership = this.#options.host.group(shard)?.raft.membership;
    const nodes = membership?.replicas.map((replica) => membership.nodeOf(replica));
    return nodes?.filter((node) => node !== undefined);
  }

  /** True when this node's replica will be able to answer once it has caught up. */
  canServe(shard: GroupId): boolean {
    const status = this.#options.host.group(shard)?.raft.status;
    if (status === undefined || status.installing || status.uninitialised) return false;
    return status.fetching === undefined;
  }

  leads(shard: GroupId): boolean {
    return this.#options.host.group(shard)?.raft.role === 'leader';
  }

  /** The node that leads the shard as far as this node's replica knows. */
  leaderOf(shard: GroupId): NodeId | undefined {
    const group = this.#options.host.group(shard);
    return group?.nodeOf(group.raft.leader);
  }

  /** Rejects with KvError. `timeoutMs` from now. */
  async write(shard: GroupId, request: WriteRequest, timeoutMs: number): Promise<WriteAnswer> {
    const { host, clock, limits } = this.#options;
    const state = this.#serving(shard, request.key);
    if (!this.leads(shard)) throw this.#notLeader(shard);
    if (this.#writesInProgress >= limits.writesInProgressMax) {
      const detail = `${limits.writesInProgressMax} writes are in progress here, the limit.`;
      throw new KvError('overloaded', { shard, retryAfterMs: 100 }, detail);
    }
    // Proposed now, it could be applied after its client was told that the time is over.
    if (timeoutMs <= 0) throw new KvError('deadline_before_proposal', { shard });
    const proposed = host.propose(shard, this.#command(state, request));
    // Counted until its fate is known and not until nobody waits for it any more: that is how
    // long it takes room.
    this.#writesInProgress += 1;
    void proposed.then(this.#writeSettled);
    const outcome = await deadline(clock, timeoutMs, proposed, () => unknownOutcome);
    return this.#writeAnswer(shard, outcome);
  }

  #command(state: ShardState, request: WriteRequest): Buffer {
    const { key, condition, value, contentType } = request;
    const header = {
      key,
      condition,
      rangeEpoch: state.epoch.range,
      timeMs: Math.max(0, Math.floor(this.#options.clock.wallMs())),
    };
    if (request.type === 'delete') return encodeCommand({ type: 'delete', ...header });
    return encodeCommand({ type: 'put', ...header, value, contentType, expiresMs: 0 });
  }

  #writeAnswer(shard: GroupId, outcome: ProposalOutcome): WriteAnswer {
    if (outcome.status === 'unknown') throw new KvError('outcome_unknown', { shard });
    if (outcome.status === 'not-applied') {
      switch (outcome.reason) {
        case 'superseded':
          throw new KvError('lost_leadership', { shard, retryAfterMs: 100 });
        case 'overloaded': {
          const detail = 'Too many bytes of this shard are proposed and not committed yet.';
          throw new KvError('overloaded', { shard, retryAfterMs: 100 }, detail);
        }
        case 'stopped':
          throw new KvError('stopping', { shard, retryAfterMs: 1_000 });
        default:
          throw this.#notLeader(shard);
      }
    }
    const result = outcome.result as WriteResult;
    const decided = { shard, node: this.#options.node, shardRevision: result.shardRevision };
    switch (result.outcome) {
      case 'wrong-epoch':
        // Committed as a no-op: nothing happened, and the range must be looked up again.
        throw this.#notLeader(shard);
      case 'tag-full':
        throw new KvError('tag_full', { shard });
      case 'precondition-failed':
        return { ...decided, outcome: result.outcome, current: result.current };
      default:
        return { ...decided, outcome: result.outcome };
    }
  }

  /** Waits until everything committed before now is applied here. Rejects with KvError. */
  async readLinearizable(shard: GroupId, key: Buffer, timeoutMs: number): Promise<ReadAnswer> {
    await this.#confirm(shard, key, timeoutMs);
    return this.#read(shard, key);
  }

  /** Reads at once; confirms first only if the state may be older than `maxStalenessMs`. */
  async readStale(
    shard: GroupId,
    key: Buffer,
    limits: { maxStalenessMs: number | undefined; timeoutMs: number },
  ): Promise<ReadAnswer> {
    const { maxStalenessMs, timeoutMs } = limits;
    const stalenessMs = this.stalenessMs(shard);
    const fresh = stalenessMs !== undefined && stalenessMs <= (maxStalenessMs ?? stalenessMs);
    if (maxStalenessMs !== undefined && !fresh) {
      await this.#confirm(shard, key, timeoutMs);
    }
    const now = this.stalenessMs(shard);
    return { ...this.#read(shard, key), ...(now !== undefined && { stalenessMs: now }) };
  }

  /** How long ago this replica was last known to be current, on this node's own clock. */
  stalenessMs(shard: GroupId): number | undefined {
    const freshMs = this.#options.host.group(shard)?.freshMs;
    if (freshMs === undefined) return undefined;
    return Math.ceil(this.#options.clock.monotonicMs() - freshMs);
  }

  async #confirm(shard: GroupId, key: Buffer, timeoutMs: number): Promise<void> {
    const { host, clock, limits } = this.#options;
    this.#serving(shard, key);
    if (this.#readsInProgress >= limits.readsInProgressMax) {
      const detail = `${limits.readsInProgressMax} reads are in progress here, the limit.`;
      throw new KvError('overloaded', { shard, retryAfterMs: 100 }, detail);
    }
    const read = host.read(shard, timeoutMs);
    this.#readsInProgress += 1;
    void read.then(this.#readSettled);
    const outcome = await deadline(clock, timeoutMs, read, () => timedOut);
    if (outcome.status === 'granted') return;
    if (outcome.reason === 'overloaded') {
      const detail = 'Too many reads of this shard wait for its leader.';
      throw new KvError('overloaded', { shard, retryAfterMs: 100 }, detail);
    }
    if (outcome.reason === 'stopped') throw new KvError('stopping', { shard });
    throw new KvError('no_leader', { shard, retryAfterMs: 300 });
  }

  #read(shard: GroupId, key: Buffer): ReadAnswer {
    const { host, store, node } = this.#options;
    // Again: the range may have changed since the read was granted (F8).
    const state = this.#serving(shard, key);
    try {
      const found = store.get(shard, hashOf(key), key);
      return { shard, node, shardRevision: state.revision, found };
    } catch (error) {
      // A state that cannot be read cannot be led from, either.
      host.fail(error instanceof Error ? error : new Error(String(error)));
      throw new KvError('storage_failed', { shard });
    }
  }

  /** The shard's own state, if this node holds a replica and the key lies in its range. */
  #serving(shard: GroupId, key: Buffer): ShardState {
    const state = this.#options.store.shard(shard);
    const group = this.#options.host.group(shard);
    const hash = hashOf(key);
    const inRange = state !== undefined && hash >= state.range.start && hash < state.range.end;
    if (group === undefined || group.raft.installing || !inRange) throw this.#notLeader(shard);
    return state;
  }

  #notLeader(shard: GroupId): KvError {
    const leader = this.leaderOf(shard);
    return new KvError('not_leader', { shard, ...(leader !== undefined && { leader }) });
  }
}

const unknownOutcome: ProposalOutcome = { status: 'unknown' };
const timedOut = { status: 'dropped', reason: 'late' } as const;
