/**
 * A plan: what would be done for a goal, in which order, at what cost and to what effect. It is
 * data that somebody can read and approve; it changes nothing until a job executes it.
 *
 * Steps that touch the same shard are done in the order given; others may run side by side, within
 * the limits of the job. No step leaves a shard with fewer voters than one below its number:
 * a replica is added before the one that it replaces goes.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { BalanceSettings, MemberRole } from './cluster-view.js';
import type { ClusterScore } from './score.js';

export type Goal =
  /** Loads within their bounds; with `nodes`, by moves from or to one of these only. */
  | { readonly kind: 'balance'; readonly nodes?: readonly NodeId[] | undefined }
  /** The node holds nothing any more. */
  | { readonly kind: 'drain'; readonly node: NodeId }
  /** No two replicas of a shard in one zone, as far as there are zones. */
  | { readonly kind: 'zone-spread' }
  /** Another number of replicas for every shard. */
  | { readonly kind: 'replication'; readonly replicas: BalanceSettings['replicas'] }
  /** What dead nodes held is rebuilt elsewhere; what lacks is added, what is left over goes. */
  | { readonly kind: 'repair' }
  /** Shards that are too large or too busy are split, tiny neighbours merged. */
  | { readonly kind: 'sizes' }
  /** At the middle of the data unless told where. */
  | { readonly kind: 'split'; readonly shard: GroupId; readonly at?: number | undefined }
  | { readonly kind: 'merge'; readonly left: GroupId; readonly right: GroupId }
  /** So many learners that serve reads. */
  | { readonly kind: 'read-replicas'; readonly shard: GroupId; readonly count: number }
  | { readonly kind: 'move'; readonly shard: GroupId; readonly from: NodeId; readonly to: NodeId }
  | {
      readonly kind: 'add-replica';
      readonly shard: GroupId;
      readonly node: NodeId;
      readonly role: MemberRole;
    }
  | { readonly kind: 'remove-replica'; readonly shard: GroupId; readonly node: NodeId }
  | { readonly kind: 'transfer-leader'; readonly shard: GroupId; readonly to: NodeId };

/** One thing for a job to do. Each can be found done, or half done, by looking at the shard. */
export type StepAction =
  /** A replica changes its node and keeps its role: learner first, then one change for both. */
  | { readonly kind: 'move'; readonly shard: GroupId; readonly from: NodeId; readonly to: NodeId }
  /** A learner on its way to a voter keeps its node. */
  | {
      readonly kind: 'add-replica';
      readonly shard: GroupId;
      readonly node: NodeId;
      readonly role: MemberRole;
    }
  | { readonly kind: 'remove-replica'; readonly shard: GroupId; readonly node: NodeId }
  /** The shard is led by `to` and prefers to be. */
  | { readonly kind: 'transfer-leader'; readonly shard: GroupId; readonly to: NodeId }
  /** Hashes from `at` on are the new group's, with the same members. */
  | {
      readonly kind: 'split';
      readonly shard: GroupId;
      readonly at: number;
      readonly child: GroupId;
    }
  /** `left` takes in the range of `right`, which ends; both have the same voters by then. */
  | { readonly kind: 'merge'; readonly left: GroupId; readonly right: GroupId };

export type Step = StepAction & {
  /** To be sent over the network. */
  readonly bytes: number;
  readonly because: string;
};

/**
 * What executing writes into the cluster's documents before the first step, so that whoever plans
 * next wants the same: a drained node that were not marked would be filled again.
 */
export type Intent =
  | { readonly kind: 'draining'; readonly node: NodeId }
  | { readonly kind: 'replicas'; readonly replicas: BalanceSettings['replicas'] }
  | { readonly kind: 'read-replicas'; readonly shard: GroupId; readonly count: number };

export interface Plan {
  readonly goal: Goal;
  /** Executing it is refused when the map has moved on. */
  readonly baseEpoch: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly intents: readonly Intent[];
  readonly steps: readonly Step[];
  /** To be sent over the network in all. */
  readonly bytes: number;
  readonly estimatedSeconds: number;
  readonly score: { readonly before: ClusterScore; readonly after: ClusterScore };
  /** The least voters that are up in any shard of a step, at any moment of the plan. */
  readonly healthyVotersMin: number;
  /** What an operator should know before agreeing. */
  readonly warnings: readonly string[];
}

export const refusalCodes = [
  'unknown_node',
  'unknown_shard',
  'shard_busy',
  'node_not_up',
  'node_draining',
  'already_there',
  'not_a_member',
  'too_few_nodes',
  'pinned',
  'zone_taken',
  'too_few_zones',
  'quorum_at_risk',
  'below_target',
  'last_voter',
  'outside_range',
  'range_too_small',
  'not_neighbours',
  'invalid_count',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
  /** The next thing to do. */
  readonly next: string;
}

export type PlanOutcome =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** The goal is reached, or as near as it can be brought. */
  | { readonly kind: 'nothing'; readonly because: string; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The shards that an action needs for itself. */
export function shardsOf(action: StepAction): GroupId[] {
  switch (action.kind) {
    case 'merge':
      return [action.left, action.right];
    case 'split':
      return [action.shard, action.child];
    default:
      return [action.shard];
  }
}

/** The nodes that send or receive data for an action, for limits per node. */
export function nodesOf(action: StepAction): NodeId[] {
  switch (action.kind) {
    case 'move':
      return [action.from, action.to];
    case 'add-replica':
      return [action.node];
    default:
      return [];
  }
}
