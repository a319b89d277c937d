/**
 * Gives the leadership of a shard away because an operator wants it, and waits until it is known
 * who leads. Runs on the leader.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, NodeId, ReplicaId } from '../raft/core/types.js';
import { KvError } from './errors.js';
import { notLeader } from './membership-changes.js';
import { lagInWords } from './membership-plan.js';
import type { ShardMember, ShardStatus, TransferAnswer, TransferRequest } from './service.js';

export interface LeaderTransferOptions {
  readonly node: NodeId;
  readonly shard: (shard: GroupId) => ShardStatus | undefined;
  readonly connected: (node: NodeId) => boolean;
  readonly transfer: (shard: GroupId, to: ReplicaId) => void;
  /** This node still tries to hand the shard over. */
  readonly transferring: (shard: GroupId) => boolean;
  /** Tells the target that an operator wants it to lead, so that it is not balanced away. */
  readonly announce: (shard: GroupId, to: NodeId) => void;
  readonly clock: Clock;
}

/** A target that lacks more than this would hold up the shard's writes for too long. */
const lagMax = 1_000;
const periodMs = 10;

export class LeaderTransfer {
  readonly statistics = { done: 0, failed: 0 };
  readonly #options: LeaderTransferOptions;

  constructor(options: LeaderTransferOptions) {
    this.#options = options;
  }

  /** Rejects with KvError; `not_leader` when somebody else must be asked. */
  async run(shard: GroupId, request: TransferRequest, timeoutMs: number): Promise<TransferAnswer> {
    const { node } = this.#options;
    const status = this.#options.shard(shard);
    if (status === undefined) throw new KvError('shard_not_found', { shard });
    const { replica } = status;
    if (replica?.role !== 'leader') throw notLeader(status, node);
    const { term } = replica;
    if (request.to === node) {
      const detail = `Node ${node} leads the shard already.`;
      return { shard, node, state: 'done', changed: false, leader: node, term, detail };
    }
    const target = request.to === 'best' ? this.#best(status) : this.#named(status, request.to);
    if (request.dryRun) {
      const detail = `Node ${target.node} would lead.`;
      return { shard, node, state: 'planned', changed: false, leader: target.node, term, detail };
    }
    this.#options.announce(shard, target.node);
    this.#options.transfer(shard, target.replica);
    return this.#wait(shard, target.node, timeoutMs);
  }

  /** The voter that holds most of the log; of equals, the one with the smallest replica id. */
  #best(status: ShardStatus): ShardMember {
    let best: ShardMember | undefined;
    for (const member of status.members) {
      if (this.#refusal(status.shard, member) !== undefined) continue;
      if (member.node === this.#options.node) continue;
      if (match(member) > match(best)) best = member;
    }
    if (best !== undefined) return best;
    const { shard } = status;
    throw new KvError('not_caught_up', { shard }, 'No other voter is there and keeps up.');
  }

  #named(status: ShardStatus, to: NodeId): ShardMember {
    const { shard, members } = status;
    const member = members.find(({ node }) => node === to);
    if (member === undefined) {
      throw new KvError('not_a_member', { shard }, `Node ${to} has no replica of the shard.`);
    }
    const refusal = this.#refusal(shard, member);
    if (refusal !== undefined) throw refusal;
    return member;
  }

  #refusal(shard: GroupId, member: ShardMember): KvError | undefined {
    const { node, role, progress } = member;
    if (role === 'learner') {
      const detail = `Node ${node} is a learner; only a voter can lead. Promote it first.`;
      return new KvError('wrong_role', { shard }, detail);
    }
    if (role !== 'voter') {
      const detail = `Node ${node} is part of a change of the members that is under way.`;
      return new KvError('change_in_progress', { shard, retryAfterMs: 1_000 }, detail);
    }
    if (!this.#options.connected(node) || progress?.active === false) {
      const detail = `Node ${node} is not heard from by node ${this.#options.node}, the leader.`;
      return new KvError('node_away', { shard }, detail);
    }
    if (progress?.state === 'replicate' && progress.lag <= lagMax) return undefined;
    return new KvError('not_caught_up', { shard, retryAfterMs: 1_000 }, lagInWords(member));
  }

  #wait(shard: GroupId, to: NodeId, timeoutMs: number): Promise<TransferAnswer> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + timeoutMs;
    return new Promise((resolve, reject) => {
      const cancel = clock.every(periodMs, () => {
        const ended = this.#look(shard, to, clock.monotonicMs() >= endMs);
        if (ended === undefined) return;
        cancel();
        if (ended instanceof KvError) reject(ended);
        else resolve(ended);
      });
    });
  }

  #look(shard: GroupId, to: NodeId, late: boolean): TransferAnswer | KvError | undefined {
    const { node, transferring } = this.#options;
    const status = this.#options.shard(shard);
    const { leader, replica } = status ?? {};
    if (leader !== undefined && leader !== node) {
      this.statistics.done += 1;
      const other = leader === to ? '' : ` Node ${to} was to lead, but lost the election.`;
      const term = replica?.term ?? 0;
      const detail = `Node ${leader} leads the shard.${other}`;
      return { shard, node, state: 'done', changed: true, leader, term, detail };
    }
    if (replica?.role === 'leader' && !transferring(shard)) {
      this.statistics.failed += 1;
      const detail = `Node ${to} did not take over in time; node ${node} still leads the shard.`;
      return new KvError('transfer_failed', { shard, leader: node }, detail);
    }
    if (!late) return undefined;
    this.statistics.failed += 1;
    const detail = `Node ${to} was asked to lead; who leads is not known yet.`;
    return new KvError('outcome_unknown', { shard }, detail);
  }
}

function match(member: ShardMember | undefined): number {
  return member?.progress?.match ?? -1;
}
