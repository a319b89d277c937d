/**
 * The way of a step that brings a replica in, takes one away, or both: what comes next, from the
 * shard's members as its leader sees them.
 *
 * A new replica is a learner first; it votes when it has caught up; the leadership goes away from
 * the old one before that is removed. So a shard has one voter more for a while and never one less,
 * and with one voter more it bears as many losses as before. Where the job is to end, a replica
 * that does not vote yet is taken back; a move whose new replica votes already is completed, for
 * only a removal is missing and the undoing would be just another one.
 */
import { promotionEntriesMax } from '../../raft/core/reconfiguration.js';
import type { NodeId } from '../../raft/core/types.js';
import { lagInWords } from '../membership-plan.js';
import type { MembershipRequest, ShardMember } from '../service.js';
import type { ShardSight } from './cluster-control.js';
import type { MemberRole } from './cluster-view.js';
import type { StepAction } from './plan.js';
import { done, failed, type StepVerdict, type StepWorld, undone, wait } from './step-verdict.js';

export type ReplicaAction = Extract<
  StepAction,
  { kind: 'move' | 'add-replica' | 'remove-replica' }
>;

export function replicaPath(
  action: ReplicaAction,
  sight: ShardSight,
  world: StepWorld,
): StepVerdict {
  const path = new ReplicaPath(sight, world);
  switch (action.kind) {
    case 'move':
      return path.move(action.from, action.to);
    case 'add-replica':
      return path.add(action.node, action.role);
    case 'remove-replica':
      return path.remove(action.node);
  }
}

class ReplicaPath {
  readonly #sight: ShardSight;
  readonly #world: StepWorld;

  constructor(sight: ShardSight, world: StepWorld) {
    this.#sight = sight;
    this.#world = world;
  }

  move(from: NodeId, to: NodeId): StepVerdict {
    const [old, young] = [this.#member(from), this.#member(to)];
    const back = this.#world.heading === 'back';
    const role = this.#roleOf(from, old);
    if (old === undefined) return this.#moved({ from, to, role, young });
    if (young === undefined) return back ? undone(`Node ${to} holds nothing.`) : this.#bring(to);
    const settled = young.role === role && this.#follows(young);
    if (back && !settled) return this.#takeBack(young);
    if (young.role !== role) return this.#raise(young, role);
    if (settled) return this.#unseat(old, to);
    return this.#gone(to) ?? wait('catching_up', lagInWords(young));
  }

  /** The old replica is no more: by this step, or by somebody else's hand. */
  #moved(move: {
    readonly from: NodeId;
    readonly to: NodeId;
    readonly role: MemberRole;
    readonly young: ShardMember | undefined;
  }): StepVerdict {
    const { from, to, role, young } = move;
    const back = this.#world.heading === 'back';
    if (young?.role === role) return done(`Node ${to} is a ${role}, node ${from} no member.`);
    const words = `Node ${from} is no member of the shard any more; somebody else removed it.`;
    if (young === undefined) return back ? undone(words) : failed(words);
    return back ? this.#takeBack(young) : this.#raise(young, role);
  }

  add(node: NodeId, role: MemberRole): StepVerdict {
    const member = this.#member(node);
    const back = this.#world.heading === 'back';
    if (member === undefined) {
      return back ? undone(`Node ${node} holds nothing.`) : this.#bring(node);
    }
    if (member.role === 'voter') return done(`Node ${node} is a voter.`);
    if (back) return this.#takeBack(member);
    if (role === 'voter') return this.#raise(member, role);
    if (this.#follows(member)) return done(`Node ${node} is a learner and follows.`);
    return this.#gone(node) ?? wait('catching_up', lagInWords(member));
  }

  remove(node: NodeId): StepVerdict {
    const member = this.#member(node);
    if (member === undefined) return done(`Node ${node} is no member of the shard.`);
    if (this.#world.heading === 'back') return undone(`Node ${node} is a member still.`);
    const others = this.#voters().filter((voter) => voter !== member).length;
    const least = Math.max(1, this.#world.documents.settings.replicas - 1);
    if (member.role === 'voter' && others < least) {
      return failed(`Without node ${node} the shard would have ${others} voter(s) of ${least}.`);
    }
    return this.#unseat(member);
  }

  #bring(node: NodeId): StepVerdict {
    const obstacle = this.#gone(node) ?? this.#unfit(node);
    if (obstacle !== undefined) return obstacle;
    const request = { action: 'add', node, learner: true, force: false } as const;
    return this.#change('adding_learner', `Node ${node} gets a replica.`, request);
  }

  /** Who is to get a replica must be wanted, and there. */
  #unfit(node: NodeId): StepVerdict | undefined {
    const known = this.#world.documents.nodes.get(node);
    if (known?.draining) return failed(`Node ${node} is being drained.`);
    if (known?.state === 'up') return undefined;
    return wait('waiting', `Node ${node} is not heard from.`);
  }

  /** Of a node that is not expected back there is nothing to wait for. */
  #gone(node: NodeId): StepVerdict | undefined {
    const known = this.#world.documents.nodes.get(node);
    if (known === undefined) return failed(`Node ${node} is no node of the cluster any more.`);
    return known.state === 'dead' ? failed(`Node ${node} is dead.`) : undefined;
  }

  /** To the role it is to have, when it follows. */
  #raise(member: ShardMember, role: MemberRole): StepVerdict {
    const { node } = member;
    if (role === 'learner') return failed(`Node ${node} is a voter already, not a learner.`);
    const gone = this.#gone(node);
    if (gone !== undefined) return gone;
    if (!this.#follows(member)) return wait('catching_up', lagInWords(member));
    const request = { action: 'promote', node } as const;
    return this.#change('promoting', `Node ${node} becomes a voter.`, request);
  }

  /** The leadership first, then the replica. `young`: who came in its place. */
  #unseat(member: ShardMember, young?: NodeId): StepVerdict {
    const { node } = member;
    const { shard, leader } = this.#sight;
    if (leader !== node) {
      const words = `Node ${node} gives up its replica.`;
      return this.#change('removing_old', words, { action: 'remove', node });
    }
    const to = this.#successor(node, young);
    if (to === undefined) return wait('moving_leader', 'No other voter is there and keeps up.');
    return {
      kind: 'request',
      state: 'moving_leader',
      because: `Node ${to} is to lead in the place of node ${node}.`,
      request: { kind: 'transfer', shard, to },
    };
  }

  /** Whom the map prefers, else who came in its place, else who holds most of the log. */
  #successor(node: NodeId, young: NodeId | undefined): NodeId | undefined {
    const fit = this.#voters().filter((voter) => voter.node !== node && this.#follows(voter));
    const { nodes, shards } = this.#world.documents;
    const stays = fit.filter((voter) => !nodes.get(voter.node)?.draining);
    const candidates = stays.length > 0 ? stays : fit;
    const preferred = shards.get(this.#sight.shard)?.preferredLeader;
    const named = [preferred, young].find((wanted) => candidates.some((v) => v.node === wanted));
    if (named !== undefined) return named;
    const [best] = [...candidates].sort((a, b) => matchOf(b) - matchOf(a) || a.node - b.node);
    return best?.node;
  }

  /** What the map lists is there on purpose and stays; what a step brought goes. */
  #takeBack(member: ShardMember): StepVerdict {
    const { node } = member;
    const { shard, leader } = this.#sight;
    const listed = this.#world.documents.shards.get(shard)?.members;
    const words = `Node ${node} was a member before.`;
    if (listed?.some((other) => other.node === node)) return undone(words);
    if (leader === node) return this.#unseat(member);
    const because = `Node ${node} loses the replica that it was given.`;
    return this.#change('undoing', because, { action: 'remove', node });
  }

  #change(
    state: 'adding_learner' | 'promoting' | 'removing_old' | 'undoing',
    because: string,
    wanted: MemberChange,
  ): StepVerdict {
    const { shard, epoch } = this.#sight;
    const request = { ...wanted, dryRun: false, expectedEpoch: epoch.members };
    return { kind: 'request', state, because, request: { kind: 'members', shard, request } };
  }

  #member(node: NodeId): ShardMember | undefined {
    return this.#sight.members.find((member) => member.node === node);
  }

  #voters(): readonly ShardMember[] {
    return this.#sight.members.filter(({ role }) => role === 'voter');
  }

  /** The replica that goes says what its successor is to be; once it is gone, the map does. */
  #roleOf(node: NodeId, member: ShardMember | undefined): MemberRole {
    const listed = this.#world.documents.shards.get(this.#sight.shard)?.members;
    const role = member?.role ?? listed?.find((other) => other.node === node)?.role;
    return role === 'learner' ? 'learner' : 'voter';
  }

  #follows(member: ShardMember): boolean {
    return member.node === this.#sight.leader || follows(member);
  }
}

type MemberChange = MembershipRequest extends infer R
  ? R extends MembershipRequest
    ? Omit<R, 'dryRun' | 'expectedEpoch'>
    : never
  : never;

/** It is there, and as good as up to date. */
export function follows({ progress }: ShardMember): boolean {
  if (progress === undefined || !progress.active) return false;
  return progress.state === 'replicate' && progress.lag <= promotionEntriesMax;
}

function matchOf({ progress }: ShardMember): number {
  return progress?.match ?? -1;
}
