/**
 * Finds the node that can serve a request and brings the request there: any node takes any
 * request. A write goes to the shard's leader, in one hop inside the peer stream; a read to any
 * node that holds a replica, this one if it does.
 *
 * Work is offered again only when it surely was not proposed: the node refused it, or not a byte
 * of it left. Everything else is answered `outcome_unknown` and left to the client, who alone
 * knows whether a repetition does harm.
 */
import type { Clock } from '../../raft/clock.js';
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { type IncomingRequest, RequestError, type Transport } from '../../raft/transport/types.js';
import { KvError, type KvErrorFacts } from '../errors.js';
import type {
  ReadAnswer,
  ReadRequest,
  RequestContext,
  WriteAnswer,
  WriteRequest,
} from '../service.js';
import {
  decodeAnswer,
  decodeRequest,
  encodeErrorAnswer,
  encodeReadAnswer,
  encodeRequest,
  encodeWriteAnswer,
  type ForwardedAnswer,
  type ForwardedRequest,
  ForwardFormatError,
} from './forward-codec.js';
import { hashOf } from './hash.js';
import type { LocalReplicas } from './local-replicas.js';
import type { Shard, ShardDirectory } from './shard-map.js';
import { Whereabouts, type Wish } from './whereabouts.js';

export interface RouterLogger {
  debug(fields: object, message: string): void;
}

/** What of this node's replicas a router needs. */
export type LocalService = Pick<
  LocalReplicas,
  | 'holds'
  | 'membersOf'
  | 'canServe'
  | 'leads'
  | 'leaderOf'
  | 'write'
  | 'readLinearizable'
  | 'readStale'
  | 'stalenessMs'
>;

export interface RouterOptions {
  readonly node: NodeId;
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeId[];
  readonly directory: ShardDirectory;
  readonly local: LocalService;
  readonly transport: Pick<Transport, 'request' | 'peers'>;
  readonly clock: Clock;
  readonly logger: RouterLogger;
}

/** Pause before a shard without a leader is looked at again; a new leader ends it early. */
const pauseMsMin = 10;
const pauseMsMax = 200;
/** Elections take about this long; worth waiting before a client asks again. */
const retryAfterMs = 300;
/** Kept back from a forwarded request's time, so that the answer is here before the client's. */
const answerReserveMs = 5;
/**
 * A read gives one replica half of the time that is left, or this if that is more: one that is far
 * behind, or paused, must not cost a read that another could have served.
 */
const readAttemptMsMin = 500;

const noCondition = Object.freeze({});
const noBytes = Buffer.alloc(0);

/** What a search may do: until when, whether other nodes may be asked, and whom for. */
interface Way extends Wish {
  readonly endMs: number;
  readonly forward: boolean;
}

export class Router {
  readonly statistics = { forwarded: 0, served: 0 };
  readonly #options: RouterOptions;
  readonly #whereabouts: Whereabouts;
  readonly #sleepers = new Map<GroupId, Set<() => void>>();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#whereabouts = new Whereabouts(options);
  }

  shardOf(key: Buffer): Shard {
    return this.#options.directory.map.shardOf(hashOf(key));
  }

  leaderOf(shard: GroupId): NodeId | undefined {
    return this.#whereabouts.leaderOf(shard);
  }

  /** The replica here is gone; this is the last leader that it heard of. */
  replicaRemoved(shard: GroupId, leader: NodeId | undefined): void {
    if (leader !== undefined) this.#whereabouts.note(shard, leader);
    this.leaderChanged(shard);
  }

  /** The host reports a new leader: whoever waits for one looks again. */
  leaderChanged(shard: GroupId): void {
    for (const wake of this.#sleepers.get(shard) ?? []) wake();
  }

  async write(request: WriteRequest, context: RequestContext): Promise<WriteAnswer> {
    const { local } = this.#options;
    const shard = this.shardOf(request.key);
    const way = { ...this.#budget(context), write: true, prefer: undefined };
    if (local.leads(shard.group)) {
      const answer = await this.#tryLocalWrite(shard.group, request, context);
      if (answer !== undefined) return answer;
    }
    return this.#search(shard, way, async (node, timeoutMs) => {
      if (node === this.#options.node) return local.write(shard.group, request, timeoutMs);
      const forwarded = await this.#forward(node, timeoutMs, {
        ...request,
        requestId: context.requestId,
        group: shard.group,
      });
      if (forwarded.kind === 'write') return forwarded.answer;
      throw new KvError('outcome_unknown', { shard: shard.group });
    });
  }

  #budget({ timeoutMs, forward }: RequestContext): Pick<Way, 'endMs' | 'forward'> {
    return { endMs: this.#options.clock.monotonicMs() + timeoutMs, forward };
  }

  /** Undefined when it surely was not applied here and somebody else may do it. */
  async #tryLocalWrite(
    shard: GroupId,
    request: WriteRequest,
    context: RequestContext,
  ): Promise<WriteAnswer | undefined> {
    try {
      return await this.#options.local.write(shard, request, context.timeoutMs);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  async read(request: ReadRequest, context: RequestContext): Promise<ReadAnswer> {
    const { local, node } = this.#options;
    const shard = this.shardOf(request.key);
    const stale = request.consistency === 'stale';
    try {
      const prefer = local.canServe(shard.group) ? node : undefined;
      const way = { ...this.#budget(context), write: false, prefer };
      return await this.#search(shard, way, async (target, leftMs) => {
        const timeoutMs = Math.min(leftMs, Math.max(leftMs / 2, readAttemptMsMin));
        if (target === node) return this.#readHere(shard.group, request, timeoutMs);
        return this.#readThere(target, shard.group, { request, context, timeoutMs });
      });
    } catch (error) {
      if (!stale || !(error instanceof KvError) || error.code !== 'no_leader') throw error;
      const stalenessMs = local.stalenessMs(shard.group);
      const known = stalenessMs === undefined ? {} : { stalenessMs };
      throw new KvError('too_stale', { ...error.facts, ...known });
    }
  }

  #readHere(shard: GroupId, request: ReadRequest, timeoutMs: number): Promise<ReadAnswer> {
    const { local } = this.#options;
    if (request.consistency === 'linearizable') {
      return local.readLinearizable(shard, request.key, timeoutMs);
    }
    const { maxStalenessMs } = request;
    return local.readStale(shard, request.key, { maxStalenessMs, timeoutMs });
  }

  async #readThere(
    node: NodeId,
    group: GroupId,
    what: { request: ReadRequest; context: RequestContext; timeoutMs: number },
  ): Promise<ReadAnswer> {
    const { clock } = this.#options;
    const { request, context, timeoutMs } = what;
    const askedMs = clock.monotonicMs();
    const forwarded = await this.#forward(node, timeoutMs, {
      type: request.consistency,
      requestId: context.requestId,
      group,
      key: request.key,
      condition: noCondition,
      contentType: '',
      value: noBytes,
      ...(request.maxStalenessMs !== undefined && { maxStalenessMs: request.maxStalenessMs }),
    }).catch((error: unknown) => {
      // A read that was lost on the way did no harm: it is asked again, elsewhere.
      if (error instanceof KvError && error.code === 'outcome_unknown') {
        throw new KvError('no_leader', { shard: group, retryAfterMs });
      }
      throw error;
    });
    if (forwarded.kind !== 'read') throw new KvError('no_leader', { shard: group, retryAfterMs });
    const { answer } = forwarded;
    if (answer.stalenessMs === undefined) return answer;
    const underWayMs = Math.ceil(clock.monotonicMs() - askedMs);
    return { ...answer, stalenessMs: answer.stalenessMs + underWayMs };
  }

  /** Offers the work to one node after the other until one takes it or the time is over. */
  async #search<T>(
    shard: Shard,
    way: Way,
    offer: (node: NodeId, timeoutMs: number) => Promise<T>,
  ): Promise<T> {
    const { endMs, forward } = way;
    const { clock, node: self } = this.#options;
    let refusals = 0;
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
      const remainingMs = endMs - clock.monotonicMs();
      if (remainingMs <= 0) throw this.#noLeader(shard);
      const target = this.#whereabouts.target(shard, refusals, way);
      if (target !== self && !forward) {
        const facts = this.#leaderFacts(shard);
        // A replica here hears of its leader. Without one nothing more will be known later.
        if (facts.leader !== undefined) throw new KvError('not_leader', facts);
      } else if (target !== undefined) {
        try {
          return await offer(target, remainingMs);
        } catch (error) {
          if (!this.#isRefusal(error, target)) throw error;
          // Whoever names the leader has saved us the pause, once: two that name each other
          // know nothing.
          if (this.#whereabouts.learn(shard.group, target, error) && refusals === 0) {
            refusals += 1;
            continue;
          }
        }
      }
      refusals += 1;
      await this.#pause(shard.group, Math.min(pauseMs, endMs - clock.monotonicMs()));
    }
  }

  /** Refused before anything was proposed, and somebody else or a later moment may do better. */
  #isRefusal(error: unknown, by: NodeId): error is KvError {
    if (isRefusal(error)) return true;
    const gone = error instanceof KvError && goneCodes.has(error.code);
    return gone && by !== this.#options.node;
  }

  #pause(shard: GroupId, durationMs: number): Promise<void> {
    if (durationMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const sleepers = this.#sleepers.get(shard) ?? new Set();
      this.#sleepers.set(shard, sleepers);
      const wake = () => {
        cancel();
        sleepers.delete(wake);
        resolve();
      };
      const cancel = this.#options.clock.after(durationMs, wake);
      sleepers.add(wake);
    });
  }

  #noLeader(shard: Shard): KvError {
    return new KvError('no_leader', { ...this.#leaderFacts(shard), retryAfterMs });
  }

  #leaderFacts(shard: Shard): KvErrorFacts {
    const { local } = this.#options;
    // Without a replica and a hint the shard's preferred leader is the best guess: it is a member
    // and names the leader when that is another one.
    const guess = local.holds(shard.group) ? undefined : shard.preferredLeader;
    const leader = this.leaderOf(shard.group) ?? guess;
    if (leader === undefined) return { shard: shard.group };
    const peer = this.#options.transport.peers().find(({ node }) => node === leader);
    const address = peer?.info?.httpAddress;
    return {
      shard: shard.group,
      leader,
      ...(address !== undefined && { leaderHttpAddress: address }),
    };
  }

  /** Rejects with KvError; `no_leader` and `not_leader` mean that nothing was proposed. */
  async #forward(
    node: NodeId,
    timeoutMs: number,
    request: ForwardedRequest,
  ): Promise<Exclude<ForwardedAnswer, { kind: 'error' }>> {
    const { transport } = this.#options;
    const shard = request.group;
    this.statistics.forwarded += 1;
    let answer: ForwardedAnswer;
    try {
      const body = encodeRequest(request);
      const options = { timeoutMs: Math.max(1, timeoutMs - answerReserveMs) };
      answer = decodeAnswer(await transport.request(node, body, options));
    } catch (error) {
      throw forwardingError(error, shard, node);
    }
    if (answer.kind === 'error') throw answer.error;
    this.#whereabouts.served(shard, node);
    // A read may have been answered by any replica.
    if (answer.kind === 'write') this.#whereabouts.note(shard, answer.answer.node);
    return answer;
  }

  /** A request of another node: served here or refused, never passed on. */
  async serve({ from, body, timeoutMs }: IncomingRequest): Promise<Buffer> {
    const { local, logger, node } = this.#options;
    this.statistics.served += 1;
    let requestId = '';
    let group: GroupId | undefined;
    try {
      const request = decodeRequest(body);
      const { type, key } = request;
      ({ group, requestId } = request);
      logger.debug({ requestId, from, shard: group, type }, 'serving a forwarded request');
      if (type === 'linearizable') {
        return encodeReadAnswer(await local.readLinearizable(group, key, timeoutMs));
      }
      if (type === 'stale') {
        const { maxStalenessMs } = request;
        const limits = { maxStalenessMs, timeoutMs };
        return encodeReadAnswer(await local.readStale(group, key, limits));
      }
      return encodeWriteAnswer(await local.write(group, { ...request, type }, timeoutMs));
    } catch (error) {
      const refusal = error instanceof ForwardFormatError ? unreadable(error, node) : error;
      if (!(refusal instanceof KvError)) throw error;
      const { code, message } = refusal;
      const hint = group === undefined ? undefined : this.leaderOf(group);
      const unaware = code === 'not_leader' && refusal.facts.leader === undefined;
      if (unaware && hint !== undefined && hint !== from) {
        return encodeErrorAnswer(new KvError(code, { ...refusal.facts, leader: hint }));
      }
      logger.debug(
        { requestId, from, shard: group, code },
        `forwarded request refused: ${message}`,
      );
      return encodeErrorAnswer(refusal);
    }
  }
}

/** What another node that stops or has failed says of work it never began. */
const goneCodes: ReadonlySet<string> = new Set(['stopping', 'storage_failed']);

/** Nobody looked at it, so it surely was not proposed: the versions may differ for a while. */
function unreadable(error: ForwardFormatError, node: NodeId): KvError {
  const detail = `Node ${node} cannot read this forwarded request: ${error.message}.`;
  return new KvError('no_leader', { retryAfterMs }, detail);
}

function isRefusal(error: unknown): error is KvError {
  return error instanceof KvError && (error.code === 'not_leader' || error.code === 'no_leader');
}

function forwardingError(error: unknown, shard: GroupId, node: NodeId): KvError {
  if (error instanceof ForwardFormatError) {
    const detail = `The answer of node ${node} could not be read: ${error.message}.`;
    return new KvError('outcome_unknown', { shard }, detail);
  }
  if (!(error instanceof RequestError)) throw error;
  switch (error.failure) {
    case 'not-sent':
      return new KvError('no_leader', { shard, retryAfterMs });
    case 'queue-full': {
      const detail = `The queue of forwarded requests to node ${node} is full.`;
      return new KvError('overloaded', { shard, retryAfterMs: 100 }, detail);
    }
    case 'unknown':
      return new KvError('outcome_unknown', { shard }, `${error.message}.`);
  }
}
