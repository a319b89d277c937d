/**
 * A shard as the node that leads it sees it, with members that are as far as a test says. Changes
 * are made by the core's own rules and are in force when the test says so.
 */
import type { StepOutcome } from '../../src/kv/membership-changes.js';
import type { MemberProgress, ShardMember, ShardStatus } from '../../src/kv/service.js';
import { changed, left } from '../../src/raft/core/membership-change.js';
import type {
  Configuration,
  Member,
  MembershipStep,
  NodeId,
  Role,
} from '../../src/raft/core/types.js';

export const caughtUp: MemberProgress = { state: 'replicate', match: 100, lag: 0, active: true };

export class FakeShard {
  readonly group = 3;
  configuration: Configuration;
  role: Role = 'leader';
  leader: NodeId | undefined = 1;
  /** False: this node's replica is gone. */
  held = true;
  epoch = 1;
  /** What is known of a node that is not simply caught up. */
  readonly progress = new Map<NodeId, MemberProgress>();
  readonly away = new Set<NodeId>();
  readonly proposed: (readonly MembershipStep[])[] = [];
  /** What the core says, instead of doing it. */
  answer: StepOutcome | undefined;
  /** Each change stays joint until `leave` is called. */
  staysJoint = false;
  /** Resolves the proposals when it is called, if set before they are made. */
  hold: Promise<void> | undefined;

  constructor(voters: readonly NodeId[] = [1, 2, 3]) {
    this.configuration = {
      voters: voters.map((node) => ({ node, replica: node })),
      outgoing: [],
      learners: [],
      learnersNext: [],
      autoLeave: false,
      nextReplica: 10,
    };
  }

  readonly connected = (node: NodeId): boolean => !this.away.has(node);

  readonly status = (shard: number): ShardStatus | undefined => {
    if (shard !== this.group) return undefined;
    const { role, leader } = this;
    const replica = {
      ...{ shard, replica: 1, role, term: 5, leader, lastIndex: 100, commit: 100, applied: 100 },
      ...{ durable: 100, firstIndex: 1, revision: 7, behindTail: false, quorumActive: true },
      ...{ voter: true, quiet: false, installing: false, damaged: false },
    };
    return {
      shard,
      range: { start: 0, end: 2 ** 32 },
      epoch: { range: 1, members: this.epoch },
      members: this.members,
      changing: this.configuration.outgoing.length > 0,
      leader,
      replica: this.held ? replica : undefined,
    };
  };

  get members(): readonly ShardMember[] {
    const { voters, outgoing, learners } = this.configuration;
    const has = (list: readonly Member[], { replica }: Member) =>
      list.some((member) => member.replica === replica);
    const joint = outgoing.length > 0;
    const all = [
      ...voters.map((member) => {
        const incoming = joint && !has(outgoing, member);
        return this.#member(member, incoming ? 'incoming' : 'voter');
      }),
      ...outgoing
        .filter((member) => !has(voters, member))
        .map((member) => this.#member(member, 'outgoing')),
      ...learners.map((member) => this.#member(member, 'learner')),
    ];
    return all.sort((a, b) => a.replica - b.replica);
  }

  #member(member: Member, role: ShardMember['role']): ShardMember {
    if (member.node === 1) return { ...member, role };
    const active = !this.away.has(member.node);
    const progress = this.progress.get(member.node) ?? { ...caughtUp, active };
    return { ...member, role, progress };
  }

  readonly propose = async (
    shard: number,
    steps: readonly MembershipStep[],
  ): Promise<StepOutcome> => {
    if (shard !== this.group) throw new Error(`there is no shard ${shard}`);
    this.proposed.push(steps);
    const { answer } = this;
    await this.hold;
    if (answer !== undefined) return answer;
    const result = changed(this.configuration, steps);
    if ('refusal' in result) return { status: 'refused', ...result.refusal };
    this.configuration = result.configuration;
    this.epoch += 1;
    if (!this.staysJoint) this.leave();
    return { status: 'applied' };
  };

  leave(): void {
    if (this.configuration.outgoing.length === 0) return;
    this.configuration = left(this.configuration);
    this.epoch += 1;
  }

  nodes(list: 'voters' | 'learners'): NodeId[] {
    return this.configuration[list].map(({ node }) => node);
  }
}
