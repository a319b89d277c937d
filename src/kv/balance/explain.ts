/**
 * Why a replica is where it is, and why it is not elsewhere: the rules that plans follow, each
 * with its decision and because of what.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { ClusterView, MemberRole } from './cluster-view.js';
import { preference } from './destination.js';
import { Draft } from './draft.js';
import type { Refusal } from './plan.js';
import { firstOf, unknownNode, unknownShard } from './refusals.js';
import {
  arrivalRules,
  type Decision,
  holdingPin,
  type RuleDecision,
  shardRules,
  stayingRules,
} from './rules.js';

export interface Question {
  readonly shard: GroupId;
  /** Only about this one. */
  readonly node?: NodeId | undefined;
}

export interface MemberExplanation {
  readonly node: NodeId;
  readonly role: MemberRole;
  readonly canStay: boolean;
  /** Could be given up for another node, by the rules and by pins. */
  readonly canLeave: boolean;
  readonly rules: readonly RuleDecision[];
}

export interface NodeExplanation {
  readonly node: NodeId;
  readonly decision: Decision;
  /** 1 is tried first among the nodes that hold no replica. */
  readonly rank: number;
  readonly rules: readonly RuleDecision[];
}

export interface Explanation {
  readonly shard: GroupId;
  /** Every replica may stay where it is. */
  readonly canStay: boolean;
  /** The shard may be changed now, and some node would take a replica. */
  readonly canMove: boolean;
  /** Whether the shard may be changed at all now. */
  readonly rules: readonly RuleDecision[];
  /** Where the ring places it. */
  readonly ring: readonly NodeId[];
  readonly members: readonly MemberExplanation[];
  /** Nodes that hold no replica, the best first. */
  readonly nodes: readonly NodeExplanation[];
}

export type ExplainOutcome =
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function explain(view: ClusterView, { shard: group, node }: Question): ExplainOutcome {
  const draft = new Draft(view);
  const refusal = firstOf(
    () => unknownShard(draft, group),
    () => (node === undefined ? undefined : unknownNode(draft, node)),
  );
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const shard = draft.shard(group);
  const rules = shardRules(draft, shard);
  const members = shard.members.map((member): MemberExplanation => {
    const staying = stayingRules(draft, { shard, node: member.node });
    return {
      node: member.node,
      role: member.role,
      canStay: staying.every(({ decision }) => decision === 'yes'),
      canLeave: holdingPin(draft, shard, member.node) === undefined,
      rules: staying,
    };
  });
  const nodes = otherNodes(draft, group);
  const about = <T extends { readonly node: NodeId }>(items: readonly T[]) =>
    items.filter((item) => node === undefined || item.node === node);
  const explanation: Explanation = {
    shard: group,
    canStay: members.every(({ canStay }) => canStay),
    canMove:
      rules.every(({ decision }) => decision === 'yes') &&
      members.some(({ canLeave }) => canLeave) &&
      about(nodes).some(({ decision }) => decision === 'yes'),
    rules,
    ring: draft.target.voters(group),
    members: about(members),
    nodes: about(nodes),
  };
  return { kind: 'explained', explanation };
}

/** In the place of whichever replica suits the node best. */
function otherNodes(draft: Draft, group: GroupId): NodeExplanation[] {
  const shard = draft.shard(group);
  const order = preference(draft, { shard, role: 'voter', strict: true });
  const rest = draft.view.nodes.map(({ id }) => id).filter((id) => !order.includes(id));
  return [...order, ...rest]
    .filter((id) => !shard.members.some((member) => member.node === id))
    .map((id, index): NodeExplanation => {
      const attempts = shard.members.map((member) =>
        arrivalRules({ draft, shard, node: id, role: member.role, leaving: member.node }),
      );
      const fewest = attempts.reduce((best, rules) => (noes(rules) < noes(best) ? rules : best));
      const rules = [...shardRules(draft, shard), ...fewest];
      return { node: id, decision: overall(rules), rank: index + 1, rules };
    });
}

function noes(rules: readonly RuleDecision[]): number {
  return rules.filter(({ decision }) => decision !== 'yes').length;
}

function overall(rules: readonly RuleDecision[]): Decision {
  if (rules.some(({ decision }) => decision === 'no')) return 'no';
  return rules.some(({ decision }) => decision === 'throttle') ? 'throttle' : 'yes';
}
