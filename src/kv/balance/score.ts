/**
 * How even the cluster is: per node what it holds against what it should, and how that is made up.
 */
import type { NodeId } from '../../raft/core/types.js';
import { type ClusterView, votersOf } from './cluster-view.js';
import { LoadModel } from './load-model.js';
import { bytesOf, type ShardCost } from './shard-cost.js';

export interface NodeScore {
  readonly node: NodeId;
  readonly replicas: number;
  readonly leaders: number;
  readonly bytes: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** What it holds, in mean shards, and how that is made up. */
  readonly load: number;
  readonly parts: ShardCost;
  /** What it should hold by its weight, and the most that it may. */
  readonly share: number;
  readonly bound: number;
  /** What it leads by preference, in mean shards, and its share of leading. */
  readonly leading: number;
  readonly leaderShare: number;
  /** load / share: 1 is even. */
  readonly score: number;
}

export interface ClusterScore {
  /** The greatest and the smallest score of a node that should hold something. */
  readonly busiest: number;
  readonly idlest: number;
  /** The most shards preferred on one node against its share of them. */
  readonly busiestLeader: number;
  /** Voters missing in all shards together. */
  readonly missingReplicas: number;
  /** Replicas on nodes that are dead for good or draining. */
  readonly misplacedReplicas: number;
  /** Shards with more replicas in a zone than need be. */
  readonly zoneConflicts: number;
}

export function nodeScores(view: ClusterView, model = new LoadModel(view)): NodeScore[] {
  const sums = new Map(view.nodes.map((node) => [node.id, emptySum()]));
  for (const shard of view.shards) {
    const parts = model.costs.parts(shard);
    for (const { node } of shard.members) {
      const sum = sums.get(node);
      if (sum === undefined) continue;
      sum.replicas += 1;
      sum.bytes += bytesOf(shard);
      sum.readsPerSecond += shard.statistics?.readsPerSecond ?? 0;
      sum.writesPerSecond += shard.statistics?.writesPerSecond ?? 0;
      sum.presence += parts.presence;
      sum.bytesPart += parts.bytes;
      sum.requestsPart += parts.requests;
    }
    const led = sums.get(shard.preferredLeader);
    if (led === undefined) continue;
    led.leaders += 1;
    led.leading += model.costs.leading(shard);
  }
  return view.nodes.map(({ id }): NodeScore => {
    const { presence, bytesPart, requestsPart, ...sum } = sums.get(id) ?? emptySum();
    const { share, bound, leaderShare } = model.room(id);
    const load = presence + bytesPart + requestsPart;
    const parts = { presence, bytes: bytesPart, requests: requestsPart };
    const score = share === 0 ? 0 : load / share;
    return { node: id, ...sum, load, parts, share, bound, leaderShare, score };
  });
}

function emptySum() {
  return {
    replicas: 0,
    leaders: 0,
    leading: 0,
    bytes: 0,
    readsPerSecond: 0,
    writesPerSecond: 0,
    presence: 0,
    bytesPart: 0,
    requestsPart: 0,
  };
}

export function clusterScore(view: ClusterView, model = new LoadModel(view)): ClusterScore {
  const counting = nodeScores(view, model).filter(({ share }) => share > 0);
  const eligible = new Set(model.eligible.map((node) => node.id));
  const zoneOf = new Map(view.nodes.map((node) => [node.id, node.zone]));
  const voters = view.shards.map(votersOf);
  const scores = counting.map(({ score }) => score);
  const leading = counting.map((node) => node.leading / node.leaderShare);
  return {
    busiest: extreme(Math.max, scores),
    idlest: extreme(Math.min, scores),
    busiestLeader: extreme(Math.max, leading),
    missingReplicas: sum(voters.map((nodes) => Math.max(0, model.replicasWanted - nodes.length))),
    misplacedReplicas: sum(
      view.shards.map(({ members }) => members.filter(({ node }) => !eligible.has(node)).length),
    ),
    zoneConflicts: voters.filter((nodes) => {
      const zones = nodes.map((node) => zoneOf.get(node));
      return zones.some((zone) => count(zones, zone) > model.zoneReplicasMax);
    }).length,
  };
}

/** 1, even, where there is nothing to compare. Not spread: there may be many thousand nodes. */
function extreme(choose: (a: number, b: number) => number, values: readonly number[]): number {
  return values.length === 0 ? 1 : values.reduce((a, b) => choose(a, b));
}

function count<T>(items: readonly T[], item: T): number {
  return items.filter((other) => other === item).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
