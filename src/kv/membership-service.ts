/**
 * Membership and leadership for operators: takes a request on any node, checks what any node can
 * check, and brings it to the shard's leader, in one hop inside the peer stream.
 *
 * Every such request is one that may be repeated: it names a goal, and whoever reaches it first
 * makes the repetition find nothing to do. So it is offered again also when nobody knows what
 * became of it, unless it is bound to an epoch, which its own first step may have changed.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, NodeId } from '../raft/core/types.js';
import { type IncomingRequest, RequestError, type Transport } from '../raft/transport/types.js';
import {
  type AdminAnswer,
  AdminFormatError,
  type AdminRequest,
  decodeAdminAnswer,
  decodeAdminRequest,
  encodeAdminAnswer,
  encodeAdminRequest,
} from './admin-codec.js';
import { KvError } from './errors.js';
import type { LeaderTransfer } from './leader-transfer.js';
import { inWords, type MembershipChanges } from './membership-changes.js';
import type {
  MembershipAnswer,
  MembershipRequest,
  RequestContext,
  ShardAdministration,
  TransferAnswer,
  TransferRequest,
} from './service.js';

export interface MembershipServiceOptions {
  readonly node: NodeId;
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeId[];
  readonly hasShard: (shard: GroupId) => boolean;
  /** As far as known here. */
  readonly leaderOf: (shard: GroupId) => NodeId | undefined;
  readonly changes: Pick<MembershipChanges, 'run'>;
  readonly transfers: Pick<LeaderTransfer, 'run'>;
  /** An operator wants this node to lead the shard. */
  readonly keepLeadership: (shard: GroupId) => void;
  readonly transport: Pick<Transport, 'request' | 'peers'>;
  readonly clock: Clock;
  readonly logger: {
    info(fields: object, message: string): void;
    debug(fields: object, message: string): void;
  };
}

const pauseMs = 100;
const retryAfterMs = 300;
/** Kept back from the time of a forwarded request, so that its answer arrives before it is over. */
const answerReserveMs = 100;

export class MembershipService implements ShardAdministration {
  readonly #options: MembershipServiceOptions;

  constructor(options: MembershipServiceOptions) {
    this.#options = options;
  }

  async changeMembers(
    shard: GroupId,
    request: MembershipRequest,
    context: RequestContext,
  ): Promise<MembershipAnswer> {
    this.#checkNames(
      shard,
      request.action === 'replace' ? [request.node, request.by] : [request.node],
    );
    const { requestId } = context;
    if (!request.dryRun) this.#log({ requestId, shard }, inWords(request));
    const once = request.expectedEpoch !== undefined;
    const answer = await this.#search(
      { kind: 'members', requestId, shard, request },
      context,
      once,
    );
    if (answer.kind === 'members') return answer.answer;
    throw unexpected(shard);
  }

  async transferLeader(
    shard: GroupId,
    request: TransferRequest,
    context: RequestContext,
  ): Promise<TransferAnswer> {
    this.#checkNames(shard, request.to === 'best' ? [] : [request.to]);
    const { requestId } = context;
    const to = request.to === 'best' ? 'the best follower' : `node ${request.to}`;
    if (!request.dryRun) this.#log({ requestId, shard }, `Transferring the leadership to ${to}`);
    // "To the best follower" twice is two transfers.
    const once = request.to === 'best';
    const admin = { kind: 'transfer', requestId, shard, request } as const;
    const answer = await this.#search(admin, context, once);
    if (answer.kind === 'transfer') return answer.answer;
    throw unexpected(shard);
  }

  /** Tells a node that an operator wants it to lead; it is no harm when it does not hear it. */
  announce(shard: GroupId, to: NodeId): void {
    const { transport } = this.#options;
    const body = encodeAdminRequest({ kind: 'keep-leadership', requestId: '', shard });
    transport.request(to, body, { timeoutMs: 1_000 }).catch(() => {});
  }

  #log(fields: { requestId: string; shard: GroupId }, change: string): void {
    this.#options.logger.info({ ...fields, change }, 'an operator asks for a change');
  }

  #checkNames(shard: GroupId, named: readonly NodeId[]): void {
    const { nodes, hasShard } = this.#options;
    if (!hasShard(shard)) {
      throw new KvError('shard_not_found', { shard }, `There is no shard ${shard}.`);
    }
    const unknown = named.find((node) => !nodes.includes(node));
    if (unknown === undefined) return;
    const detail = `There is no node ${unknown} in this cluster; it has nodes ${nodes.join(', ')}.`;
    throw new KvError('node_not_found', { shard }, detail);
  }

  /** Asks the leader, and as long as none is found the nodes in turn: one of them knows. */
  async #search(
    request: AdminRequest,
    { timeoutMs, forward }: RequestContext,
    once: boolean,
  ): Promise<AdminAnswer> {
    const { clock, node: self, nodes, leaderOf } = this.#options;
    const { shard } = request;
    const endMs = clock.monotonicMs() + timeoutMs;
    let hint = leaderOf(shard);
    let lost: KvError | undefined;
    for (let round = 0; ; round += 1) {
      const remainingMs = endMs - clock.monotonicMs();
      if (remainingMs <= 0) throw lost ?? new KvError('no_leader', { shard, retryAfterMs });
      const guess = forward ? (nodes[round % nodes.length] ?? self) : self;
      const target = hint ?? guess;
      if (target !== self && !forward) throw this.#notLeader(shard, target);
      try {
        if (target === self) return await this.#here(request, remainingMs);
        return await this.#there(target, request, remainingMs);
      } catch (error) {
        if (!(error instanceof KvError) || !askAgain(error, once)) throw error;
        if (error.outcome === 'unknown') lost = error;
        const { leader } = error.facts;
        const named = leader !== target ? leader : undefined;
        // Nobody is asked twice in a row without a pause, whoever is named.
        hint = named ?? (leaderOf(shard) === target ? undefined : leaderOf(shard));
        if (named === undefined || round % 2 === 1) await this.#pause(endMs);
      }
    }
  }

  #pause(endMs: number): Promise<void> {
    const { clock } = this.#options;
    const leftMs = Math.max(0, endMs - clock.monotonicMs());
    return new Promise((resolve) => clock.after(Math.min(pauseMs, leftMs), resolve));
  }

  #notLeader(shard: GroupId, leader: NodeId): KvError {
    const peer = this.#options.transport.peers().find(({ node }) => node === leader);
    const address = peer?.info?.httpAddress;
    const known = address === undefined ? {} : { leaderHttpAddress: address };
    return new KvError('not_leader', { shard, leader, ...known });
  }

  async #here(request: AdminRequest, timeoutMs: number): Promise<AdminAnswer> {
    const { changes, transfers, keepLeadership } = this.#options;
    const { shard } = request;
    switch (request.kind) {
      case 'members':
        return { kind: 'members', answer: await changes.run(shard, request.request, timeoutMs) };
      case 'transfer':
        return { kind: 'transfer', answer: await transfers.run(shard, request.request, timeoutMs) };
      case 'keep-leadership':
        keepLeadership(shard);
        return { kind: 'noted' };
    }
  }

  async #there(node: NodeId, request: AdminRequest, timeoutMs: number): Promise<AdminAnswer> {
    const { transport } = this.#options;
    const { shard } = request;
    let answer: AdminAnswer;
    try {
      const body = encodeAdminRequest(request);
      answer = decodeAdminAnswer(await transport.request(node, body, { timeoutMs }));
    } catch (error) {
      if (error instanceof AdminFormatError) {
        const detail = `The answer of node ${node} could not be read: ${error.message}.`;
        throw new KvError('outcome_unknown', { shard }, detail);
      }
      if (!(error instanceof RequestError)) throw error;
      const sent = error.failure === 'unknown';
      throw new KvError(sent ? 'outcome_unknown' : 'no_leader', { shard }, `${error.message}.`);
    }
    if (answer.kind === 'error') throw answer.error;
    return answer;
  }

  /** A request of another node: served here or refused, never passed on. */
  async serve({ from, body, timeoutMs }: IncomingRequest): Promise<Buffer> {
    const { logger } = this.#options;
    try {
      const request = decodeAdminRequest(body);
      const { requestId, shard, kind } = request;
      logger.debug({ requestId, from, shard, kind }, 'serving a request of an operator');
      const leftMs = Math.max(timeoutMs / 2, timeoutMs - answerReserveMs);
      return encodeAdminAnswer(await this.#here(request, leftMs));
    } catch (error) {
      if (error instanceof KvError) return encodeAdminAnswer({ kind: 'error', error });
      if (!(error instanceof AdminFormatError)) throw error;
      const detail = `Node ${this.#options.node} cannot read this request: ${error.message}.`;
      const refusal = new KvError('no_leader', { retryAfterMs }, detail);
      return encodeAdminAnswer({ kind: 'error', error: refusal });
    }
  }
}

/** What says of a request that another node, or a later moment, may do better. */
const elsewhere: ReadonlySet<string> = new Set([
  'not_leader',
  'no_leader',
  'stopping',
  'storage_failed',
]);

/** Refused by who cannot do it, or lost on the way to somebody. */
function askAgain({ code }: KvError, once: boolean): boolean {
  if (code === 'outcome_unknown') return !once;
  return elsewhere.has(code);
}

function unexpected(shard: GroupId): KvError {
  return new KvError('outcome_unknown', { shard }, 'The leader answered something else.');
}
