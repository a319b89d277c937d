/**
 * How many replicas each node should hold, and the bound none may pass.
 *
 * The plain weighted average asks the impossible of uneven clusters: a node holds a shard at most
 * once, and a zone that stands alone beside two others must hold every shard however small it is.
 * So the average is taken as water fills a vessel: in proportion to the weights until a node or a
 * zone is full, the rest among the others. Where nothing is full it is the weighted average.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { ClusterNode } from '../cluster-configuration.js';

/** A node holds at most this many times its share, rounded up. */
export const boundFactor = 1.1;
/** Keeps 1.1 x 10 at 11 although the product of the doubles is a little more. */
const roundingSlack = 1e-6;

export interface ShareDemand {
  readonly shards: number;
  readonly replicasPerShard: number;
  /** Most replicas of one shard in one zone. */
  readonly zoneReplicasMax: number;
}

/** Replicas each node should hold, fractional, in the order of `nodes`; the sum is exact. */
export function fairShares(nodes: readonly ClusterNode[], demand: ShareDemand): number[] {
  const zoneTotalMax = demand.zoneReplicasMax * demand.shards;
  const fullZones = new Map<string, number>();
  for (;;) {
    const open = nodes.filter((node) => !fullZones.has(node.zone));
    const rest = demand.shards * demand.replicasPerShard - fullZones.size * zoneTotalMax;
    const level = waterLevel(open, rest, demand.shards);
    const share = (node: ClusterNode) =>
      Math.min(demand.shards, node.weight * (fullZones.get(node.zone) ?? level));
    const overfull = zonesOf(open).filter(
      ([, members]) => sum(members.map(share)) > zoneTotalMax + roundingSlack,
    );
    if (overfull.length === 0) return nodes.map(share);
    for (const [zone, members] of overfull) {
      fullZones.set(zone, waterLevel(members, zoneTotalMax, demand.shards));
    }
  }
}

/** The most replicas a node may hold, given its fair share. */
export function loadBound(share: number, shards: number): number {
  return Math.min(shards, Math.max(1, Math.ceil(boundFactor * share - roundingSlack)));
}

/** The level at which nodes hold `total` when each holds level x weight but at most `nodeMax`. */
function waterLevel(nodes: readonly ClusterNode[], total: number, nodeMax: number): number {
  if (nodes.length === 0) return 0;
  const heaviestFirst = nodes.map((node) => node.weight).sort((a, b) => b - a);
  let rest = total;
  let weightLeft = sum(heaviestFirst);
  let level = 0;
  for (const weight of heaviestFirst) {
    level = rest / weightLeft;
    if (level * weight <= nodeMax) return level;
    rest -= nodeMax;
    weightLeft -= weight;
  }
  // All are full, the lightest too: it has just been found to need less than this.
  invariant(rest <= roundingSlack, 'the nodes have room for all replicas');
  return nodeMax / Math.min(...heaviestFirst);
}

export function zonesOf(nodes: readonly ClusterNode[]): [string, ClusterNode[]][] {
  const zones = new Map<string, ClusterNode[]>();
  for (const node of nodes) {
    const members = zones.get(node.zone);
    if (members === undefined) zones.set(node.zone, [node]);
    else members.push(node);
  }
  return [...zones];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
