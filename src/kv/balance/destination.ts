/**
 * Where a replica should go: first where the ring wants the shard, then where there is most room.
 * Load and zones are wishes. Out of need, a replica that has nowhere better to go takes a node
 * above its bound rather than none, and as a last resort one whose zone has a replica already.
 */
import type { NodeId } from '../../raft/core/types.js';
import type { MemberRole, ViewShard } from './cluster-view.js';
import type { Draft } from './draft.js';
import { arrivalRules, type RuleName, wishes } from './rules.js';

export interface Search {
  readonly shard: ViewShard;
  readonly role: MemberRole;
  readonly leaving?: NodeId | undefined;
  /** Keep to all rules, and rather find nothing. */
  readonly strict: boolean;
}

export interface Destination {
  readonly node: NodeId;
  readonly because: string;
}

export function findDestination(draft: Draft, search: Search): Destination | undefined {
  const order = preference(draft, search);
  for (let given = 0; given <= (search.strict ? 0 : wishes.length); given += 1) {
    const waived = wishes.slice(0, given);
    const node = order.find((id) => suits(draft, { search, node: id, waived }));
    if (node !== undefined) return { node, because: reason(draft, { search, node, waived }) };
  }
  return undefined;
}

/** All nodes, the best first, whatever the rules say of them. */
export function preference(draft: Draft, { shard, role }: Search): NodeId[] {
  const ring = draft.target.voters(shard.group);
  const wanted = role === 'voter' ? ring : [];
  // A reader where a voter will come would have to make way for it.
  const avoided = role === 'voter' ? [] : ring;
  const cost = draft.model.costs.of(shard);
  const others = draft.model.eligible
    .map((node) => node.id)
    .filter((node) => !wanted.includes(node))
    .map((node) => ({ node, fill: draft.fill(node, cost) }))
    .sort((a, b) => a.fill - b.fill || a.node - b.node)
    .map(({ node }) => node);
  const away = others.filter((node) => !avoided.includes(node));
  return [...wanted, ...away, ...avoided];
}

interface Question {
  readonly search: Search;
  readonly node: NodeId;
  readonly waived: readonly RuleName[];
}

function suits(draft: Draft, { search, node, waived }: Question): boolean {
  const { shard, role, leaving } = search;
  return arrivalRules({ draft, shard, node, role, leaving }).every(
    ({ rule, decision }) => decision === 'yes' || waived.includes(rule),
  );
}

function reason(draft: Draft, { search, node, waived }: Question): string {
  const { role, shard } = search;
  const onRing = role === 'voter' && draft.target.voters(shard.group).includes(node);
  const why = onRing
    ? `Node ${node} is where the ring places shard ${shard.group}.`
    : `Node ${node} has most room: ${(100 * draft.fill(node, 0)).toFixed(0)} % of its share.`;
  if (waived.length === 0) return why;
  const without = waived.includes('zone') ? 'in a free zone' : 'below its bound';
  return `${why} No node ${without} is left.`;
}
