/**
 * Which replica of each shard should lead, so that the work of leading is spread over the nodes
 * in proportion to their weights. Only a preference: whoever is elected leads, and hands over to
 * the preferred one when that is up to date.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { NodeId } from '../../raft/core/types.js';
import type { ClusterNode } from '../cluster-configuration.js';

/**
 * One of its nodes per shard. Starts with the least loaded and then moves leaderships along
 * chains (a hands shard s to b, b hands shard t to c) as long as that brings the busiest node
 * down or the idlest up. Without chains a node whose shards are all held by busy neighbours would
 * stay busy. Ends because every move makes the sorted list of loads smaller.
 */
export function preferredLeaders(
  nodes: readonly ClusterNode[],
  assignments: readonly (readonly NodeId[])[],
): NodeId[] {
  const weights = new Map(nodes.map((node) => [node.id, node.weight]));
  const counts = new Map(nodes.map((node) => [node.id, 0]));
  const loadWith = (node: NodeId, extra: number) =>
    ((counts.get(node) ?? 0) + extra) / (weights.get(node) ?? 1);
  const count = (node: NodeId, change: number) =>
    counts.set(node, (counts.get(node) ?? 0) + change);

  const leaders = assignments.map((members) => {
    const chosen = least(members, (node) => loadWith(node, 1));
    count(chosen, 1);
    return chosen;
  });

  for (;;) {
    const busiestFirst = nodes
      .map((node) => node.id)
      .sort((a, b) => loadWith(b, 0) - loadWith(a, 0) || a - b);
    const chain = firstDefined(busiestFirst, (node) =>
      chainDown(node, { leaders, assignments, loadWith }),
    );
    if (chain === undefined) return leaders;
    for (const { shard, to } of chain) {
      count(leaders[shard] ?? 0, -1);
      leaders[shard] = to;
      count(to, 1);
    }
  }
}

interface Handover {
  readonly shard: number;
  readonly to: NodeId;
}

interface Leadership {
  readonly leaders: readonly NodeId[];
  readonly assignments: readonly (readonly NodeId[])[];
  readonly loadWith: (node: NodeId, extra: number) => number;
}

/**
 * Handovers that end at a node which, with one leadership more, is still less loaded than `start`
 * is now; undefined when there are none. The shortest chain to the least loaded such node.
 */
function chainDown(start: NodeId, state: Leadership): Handover[] | undefined {
  const reachedBy = new Map<NodeId, Handover | undefined>([[start, undefined]]);
  const ledBy = new Map<NodeId, number[]>();
  for (const [shard, leader] of state.leaders.entries()) {
    const shards = ledBy.get(leader);
    if (shards === undefined) ledBy.set(leader, [shard]);
    else shards.push(shard);
  }
  // A Map yields what is added while it is walked: this is the breadth-first queue.
  for (const node of reachedBy.keys()) {
    for (const shard of ledBy.get(node) ?? []) {
      for (const to of state.assignments[shard] ?? []) {
        if (!reachedBy.has(to)) reachedBy.set(to, { shard, to });
      }
    }
  }
  reachedBy.delete(start);
  if (reachedBy.size === 0) return undefined;
  const end = least([...reachedBy.keys()], (node) => state.loadWith(node, 1));
  if (state.loadWith(end, 1) >= state.loadWith(start, 0)) return undefined;
  const chain: Handover[] = [];
  for (let node = end; node !== start; ) {
    const handover = reachedBy.get(node);
    invariant(handover !== undefined, 'a reached node was reached by a handover');
    chain.unshift(handover);
    node = state.leaders[handover.shard] ?? start;
  }
  return chain;
}

/** The first item of the least value; the order of the items decides between equals. */
function least<T>(items: readonly T[], cost: (item: T) => number): T {
  const [first, ...others] = items;
  invariant(first !== undefined, 'there is an item');
  return others.reduce((best, item) => (cost(item) < cost(best) ? item : best), first);
}

function firstDefined<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
