/**
 * Shards in memory that do what they are asked as the real ones do: bound to epochs, refusing what
 * is refused there, and writing down every change that took place.
 */
import type {
  ClusterControl,
  MergeRequest,
  ShardSight,
  Sighting,
  SplitRequest,
} from '../../../src/kv/balance/cluster-control.js';
import { KvError } from '../../../src/kv/errors.js';
import type { MemberProgress, MembershipRequest, ShardMember } from '../../../src/kv/service.js';

export interface FakeShard {
  shard: number;
  range: { start: number; end: number };
  epoch: { range: number; members: number };
  leader: number;
  members: ShardMember[];
  changing: boolean;
  sealed: boolean;
  nextReplica: number;
  /** Entries that a new learner lacks at first; each look finds it further. */
  lag: number;
}

export class FakeCluster implements ClusterControl {
  readonly shards = new Map<number, FakeShard>();
  readonly gone = new Set<number>();
  /** Shards that nobody is known to lead. */
  readonly leaderless = new Set<number>();
  readonly away = new Set<number>();
  /** Every change that took place. */
  readonly effects: string[] = [];
  /** Every request, whether it changed something or not. */
  readonly requests: string[] = [];
  refusal: ((request: string) => KvError | undefined) | undefined;
  copies: ShardSight['copies'] = [];

  add(shard: number, nodes: readonly number[], more: Partial<FakeShard> = {}): FakeShard {
    const members = nodes.map((node, i) => ({ node, replica: i + 1, role: 'voter' as const }));
    const added: FakeShard = {
      shard,
      range: { start: (shard - 1) * 1000, end: shard * 1000 },
      epoch: { range: 1, members: 1 },
      leader: nodes[0] ?? 0,
      members,
      changing: false,
      sealed: false,
      nextReplica: nodes.length + 1,
      lag: 5_000,
      ...more,
    };
    this.shards.set(shard, added);
    return added;
  }

  async look(id: number): Promise<Sighting> {
    await Promise.resolve();
    if (this.gone.has(id)) return 'gone';
    const shard = this.shards.get(id);
    if (shard === undefined || this.leaderless.has(id)) return 'unknown';
    for (const member of shard.members) this.#catchUp(shard, member);
    const { range, epoch, leader, members, changing, sealed } = structuredClone(shard);
    return { shard: id, range, epoch, leader, members, changing, sealed, copies: this.copies };
  }

  #catchUp(shard: FakeShard, member: ShardMember): void {
    if (member.node === shard.leader) return;
    const active = !this.away.has(member.node);
    const behind = member.progress?.lag ?? (member.role === 'learner' ? shard.lag : 0);
    const lag = active ? Math.max(0, behind - 2_500) : behind;
    const state = behind > 2_500 ? 'snapshot' : 'replicate';
    const progress: MemberProgress = { state, match: 10_000 - lag, lag, active };
    shard.members = shard.members.map((m) => (m === member ? { ...m, progress } : m));
  }

  async changeMembers(id: number, request: MembershipRequest): Promise<void> {
    await Promise.resolve();
    const words = `${request.action} ${request.node} in ${id}`;
    const shard = this.#asked(words, id);
    const { members: epoch } = shard.epoch;
    if (request.expectedEpoch !== undefined && request.expectedEpoch !== epoch) {
      throw new KvError('epoch_mismatch', { shard: id, currentEpoch: epoch });
    }
    const { node } = request;
    const member = shard.members.find((m) => m.node === node);
    if (request.action === 'add') {
      if (this.away.has(node)) throw new KvError('node_away', {}, `Node ${node} is away.`);
      if (member !== undefined) return;
      shard.members.push({ node, replica: shard.nextReplica, role: 'learner' });
      shard.nextReplica += 1;
    } else if (request.action === 'promote') {
      if (member === undefined) throw new KvError('not_a_member', {}, `Node ${node} is none.`);
      if (member.role === 'voter') return;
      shard.members = shard.members.map((m) => (m === member ? { ...m, role: 'voter' } : m));
    } else {
      if (member === undefined) return;
      if (shard.leader === node) throw new KvError('not_leader', {}, `Node ${node} leads.`);
      shard.members = shard.members.filter((m) => m !== member);
    }
    shard.epoch.members += 1;
    this.effects.push(words);
  }

  async transferLeader(id: number, to: number): Promise<void> {
    await Promise.resolve();
    const words = `transfer ${id} to ${to}`;
    const shard = this.#asked(words, id);
    if (shard.members.find((m) => m.node === to)?.role !== 'voter') {
      throw new KvError('wrong_role', {}, `Node ${to} is no voter.`);
    }
    if (shard.leader === to) return;
    const old = shard.leader;
    shard.leader = to;
    shard.members = shard.members.map((m): ShardMember => {
      const { node, replica, role } = m;
      if (node === to) return { node, replica, role };
      if (node !== old) return m;
      const progress = { state: 'replicate', match: 10_000, lag: 0, active: true } as const;
      return { node, replica, role, progress };
    });
    this.effects.push(words);
  }

  async split({ shard: id, at, child, expectedRangeEpoch }: SplitRequest): Promise<void> {
    await Promise.resolve();
    const words = `split ${id} at ${at} into ${child}`;
    const shard = this.#asked(words, id);
    if (shard.range.end === at) return;
    if (shard.epoch.range !== expectedRangeEpoch) throw new KvError('epoch_mismatch', {});
    const nodes = shard.members.map(({ node }) => node);
    const epoch = { range: shard.epoch.range + 1, members: 1 };
    const range = { start: at, end: shard.range.end };
    this.add(child, nodes, { range, epoch, leader: shard.leader });
    shard.range = { start: shard.range.start, end: at };
    shard.epoch = { range: shard.epoch.range + 1, members: shard.epoch.members };
    this.effects.push(words);
  }

  async merge({ left, right, expectedLeft, expectedRight }: MergeRequest): Promise<void> {
    await Promise.resolve();
    const words = `merge ${right} into ${left}`;
    const [keeper, goer] = [this.#asked(words, left), this.shards.get(right)];
    if (goer === undefined) return;
    if (keeper.epoch.range !== expectedLeft.range || goer.epoch.range !== expectedRight.range) {
      throw new KvError('epoch_mismatch', {});
    }
    keeper.range = { start: keeper.range.start, end: goer.range.end };
    keeper.epoch.range = Math.max(keeper.epoch.range, goer.epoch.range) + 1;
    this.shards.delete(right);
    this.gone.add(right);
    this.effects.push(words);
  }

  #asked(words: string, id: number): FakeShard {
    this.requests.push(words);
    const refusal = this.refusal?.(words);
    if (refusal !== undefined) throw refusal;
    const shard = this.shards.get(id);
    if (shard === undefined) throw new KvError('shard_not_found', { shard: id });
    return shard;
  }

  voters(id: number): number[] {
    return this.#nodes(id, 'voter');
  }

  learners(id: number): number[] {
    return this.#nodes(id, 'learner');
  }

  #nodes(id: number, role: 'voter' | 'learner'): number[] {
    const members = this.shards.get(id)?.members ?? [];
    return members.flatMap((m) => (m.role === role ? [m.node] : [])).sort((a, b) => a - b);
  }
}
