/**
 * What comes next on the way from a shard's members as they are to those an operator asked for.
 * Nothing is remembered between two looks: the configuration in force alone tells how far a change
 * is, so a request that is repeated, also at another leader, goes on where it stands.
 */
import { promotionEntriesMax } from '../raft/core/reconfiguration.js';
import type { MembershipStep, NodeId } from '../raft/core/types.js';
import { KvError, type KvErrorCode } from './errors.js';
import type {
  MembershipRequest,
  MembershipStepStatus,
  membershipStepKinds,
  ShardMember,
} from './service.js';

/** A shard's members as its leader sees them. */
export interface MembershipView {
  readonly shard: number;
  /** The node that leads. */
  readonly self: NodeId;
  /** With what the leader knows of each but itself. */
  readonly members: readonly ShardMember[];
  /** A change is under way already. */
  readonly changing: boolean;
  /** False: this node has no connection to it. */
  connected(node: NodeId): boolean;
}

export type Verdict =
  | { readonly kind: 'done'; readonly detail: string }
  | { readonly kind: 'change'; readonly detail: string; readonly steps: readonly MembershipStep[] }
  | { readonly kind: 'wait'; readonly detail: string }
  | { readonly kind: 'refused'; readonly error: KvError };

export interface MembershipPlan {
  readonly verdict: Verdict;
  readonly steps: readonly MembershipStepStatus[];
}

const changingInWords = 'A change of the members is under way, which ends by itself.';

type StepKind = (typeof membershipStepKinds)[number];

export function planMembership(request: MembershipRequest, view: MembershipView): MembershipPlan {
  const path = new Path(request, view);
  switch (request.action) {
    case 'add':
      return path.add(request);
    case 'promote':
      return path.promote(request.node);
    case 'demote':
      return path.demote(request.node);
    case 'remove':
      return path.remove(request.node);
    case 'replace':
      return path.replace(request);
  }
}

class Path {
  readonly #view: MembershipView;
  readonly #steps: readonly (readonly [StepKind, NodeId])[];

  constructor(request: MembershipRequest, view: MembershipView) {
    this.#view = view;
    this.#steps = stepsOf(request);
  }

  add({ node, learner, force }: Extract<MembershipRequest, { action: 'add' }>): MembershipPlan {
    const member = this.#member(node);
    if (member === undefined) return this.#addLearner(node, { force });
    if (this.#view.changing) return this.#leaving();
    if (!learner) return isVoter(member) ? this.#done(node) : this.#promote(member, force);
    if (!isVoter(member)) return this.#done(node);
    return this.#refuse('wrong_role', `Node ${node} is a voter; demote makes it a learner.`);
  }

  promote(node: NodeId): MembershipPlan {
    const member = this.#member(node);
    if (member === undefined) return this.#noMember(node, 'add it first');
    if (this.#view.changing) return this.#leaving();
    return isVoter(member) ? this.#done(node) : this.#promote(member, false);
  }

  demote(node: NodeId): MembershipPlan {
    const member = this.#member(node);
    if (member === undefined) return this.#noMember(node, 'add it as a learner');
    if (this.#view.changing) return this.#leaving();
    if (!isVoter(member)) return this.#done(node);
    return this.#unseat(member, { kind: 'demote', replica: member.replica });
  }

  remove(node: NodeId): MembershipPlan {
    const member = this.#member(node);
    if (member === undefined) return this.#done(node);
    if (this.#view.changing) return this.#leaving();
    return this.#unseat(member, { kind: 'remove', replica: member.replica });
  }

  replace(request: Extract<MembershipRequest, { action: 'replace' }>): MembershipPlan {
    const { node, by, force } = request;
    const [old, young] = [this.#member(node), this.#member(by)];
    const youngVotes = young !== undefined && isVoter(young);
    if (this.#view.changing) return this.#leaving();
    if (old === undefined) {
      return youngVotes ? this.#done(by) : this.#noMember(node, `add node ${by} instead`);
    }
    if (!isVoter(old)) {
      const advice = `add node ${by} and remove node ${node} instead.`;
      return this.#refuse('wrong_role', `Node ${node} is only a learner; ${advice}`);
    }
    if (youngVotes) {
      const advice = `remove node ${node} if one voter less is what you want.`;
      return this.#refuse('wrong_role', `Node ${by} is a voter already; ${advice}`);
    }
    if (young === undefined) return this.#addLearner(by, { force });
    return this.#promote(young, force, old);
  }

  #addLearner(node: NodeId, { force }: { force: boolean }): MembershipPlan {
    if (!force && !this.#view.connected(node)) return this.#away(node);
    if (this.#view.changing) return this.#wait(0, changingInWords);
    return this.#change(0, [{ kind: 'add-learner', node }]);
  }

  /** As soon as it has caught up; with `leaver` in one change that takes its place. */
  #promote(member: ShardMember, force: boolean, leaver?: ShardMember): MembershipPlan {
    const { progress } = member;
    const catchUp = this.#steps.findIndex(([step]) => step === 'catch-up');
    const follows = progress?.active && progress.state === 'replicate';
    const reached = follows && progress.lag <= promotionEntriesMax;
    if (!force && progress?.active === false && !this.#view.connected(member.node)) {
      return this.#away(member.node);
    }
    if (!reached) return this.#wait(catchUp, lagInWords(member));
    const voters = this.#view.members.filter(isVoter);
    const next = [...voters.filter((voter) => voter !== leaver), member];
    const refusal = this.#quorumRefusal(next);
    if (refusal !== undefined) return refusal;
    const promote: MembershipStep = { kind: 'promote', replica: member.replica };
    if (leaver === undefined) return this.#change(catchUp + 1, [promote]);
    return this.#change(catchUp + 1, [promote, { kind: 'remove', replica: leaver.replica }]);
  }

  /** A voter goes: somebody must be left, and those who are left must be a majority now. */
  #unseat(member: ShardMember, step: MembershipStep): MembershipPlan {
    if (isVoter(member)) {
      const voters = this.#view.members.filter(isVoter);
      const next = voters.filter((voter) => voter !== member);
      if (next.length === 0) {
        const detail = `Node ${member.node} is the last voter of the shard.`;
        return this.#refuse('last_voter', detail);
      }
      const refusal = this.#quorumRefusal(next);
      if (refusal !== undefined) return refusal;
    }
    return this.#change(0, [step]);
  }

  #quorumRefusal(voters: readonly ShardMember[]): MembershipPlan | undefined {
    const silent = voters.filter(
      (voter) => voter.node !== this.#view.self && !voter.progress?.active,
    );
    const majority = Math.floor(voters.length / 2) + 1;
    if (voters.length - silent.length >= majority) return undefined;
    const names = silent.map(({ node }) => `node ${node}`).join(', ');
    const verb = silent.length === 1 ? 'is' : 'are';
    return this.#refuse(
      'quorum_at_risk',
      `Afterwards ${majority} of the voters ${nodesInWords(voters)} must be there, ` +
        `and ${names} ${verb} away: the shard would take no more writes.`,
    );
  }

  #away(node: NodeId): MembershipPlan {
    const detail =
      `Node ${node} is not connected to node ${this.#view.self}, which leads the shard; ` +
      'it could not catch up.';
    return this.#refuse('node_away', detail);
  }

  #noMember(node: NodeId, advice: string): MembershipPlan {
    const members = nodesInWords(this.#view.members);
    const detail = `Node ${node} is no member of the shard (${members} are); ${advice}.`;
    return this.#refuse('not_a_member', detail);
  }

  #refuse(code: KvErrorCode, detail: string): MembershipPlan {
    const { shard } = this.#view;
    const error = new KvError(code, { shard }, detail);
    return { verdict: { kind: 'refused', error }, steps: this.#statuses(0, 'waiting', '') };
  }

  #done(node: NodeId): MembershipPlan {
    const member = this.#member(node);
    const role = member === undefined ? 'no member' : isVoter(member) ? 'voter' : 'learner';
    const detail = `Node ${node} is ${role === 'no member' ? role : `a ${role}`}.`;
    const steps = this.#statuses(this.#steps.length, 'done', '');
    return { verdict: { kind: 'done', detail }, steps };
  }

  #change(at: number, steps: readonly MembershipStep[]): MembershipPlan {
    const [step = 'remove', node = 0] = this.#steps[at] ?? [];
    const detail = `${step} of node ${node}`;
    return {
      verdict: { kind: 'change', detail, steps },
      steps: this.#statuses(at, 'running', 'a majority takes it into its log'),
    };
  }

  #wait(at: number, detail: string): MembershipPlan {
    return { verdict: { kind: 'wait', detail }, steps: this.#statuses(at, 'running', detail) };
  }

  /** Every path ends in the step that made the configuration joint; it leaves it by itself. */
  #leaving(): MembershipPlan {
    return this.#wait(this.#steps.length - 1, changingInWords);
  }

  #statuses(
    at: number,
    now: MembershipStepStatus['state'],
    detail: string,
  ): readonly MembershipStepStatus[] {
    return this.#steps.map(([step, node], i) => {
      if (i < at) return { step, node, state: 'done', detail: '' };
      if (i > at) return { step, node, state: 'waiting', detail: '' };
      return { step, node, state: now, detail };
    });
  }

  #member(node: NodeId): ShardMember | undefined {
    return this.#view.members.find((member) => member.node === node);
  }
}

function isVoter({ role }: ShardMember): boolean {
  return role === 'voter';
}

function stepsOf(request: MembershipRequest): readonly (readonly [StepKind, NodeId])[] {
  const { action, node } = request;
  switch (action) {
    case 'add':
      if (request.learner) return [['add-learner', node]];
      return [
        ['add-learner', node],
        ['catch-up', node],
        ['promote', node],
      ];
    case 'promote':
      return [
        ['catch-up', node],
        ['promote', node],
      ];
    case 'replace':
      return [
        ['add-learner', request.by],
        ['catch-up', request.by],
        ['promote-and-remove', request.by],
      ];
    default:
      return [[action, node]];
  }
}

/** What a learner still lacks. */
export function lagInWords({ node, progress }: ShardMember): string {
  if (progress?.active === false) {
    return `Node ${node} is not heard from; it catches up when it is back.`;
  }
  if (progress === undefined || progress.state === 'probe') {
    return `Node ${node} is asked where its log ends.`;
  }
  if (progress.state === 'snapshot') return `Node ${node} gets a snapshot of the shard.`;
  return `Node ${node} lacks ${progress.lag} entries.`;
}

export function nodesInWords(members: readonly ShardMember[]): string {
  const names = members.map(({ node }) => String(node));
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
