/**
 * Figures of the placement, as a table for `src/kv/shard/DESIGN.md`: how even the loads are, what
 * a join and a leave move, against the plain ring (the first nodes clockwise, unbounded).
 *
 *     node build/bench/placement.js [trials]
 *
 * Each trial draws other node ids, so the figures are those of clusters in general and not of the
 * ids 1 to N. Seeded: two runs print the same.
 */

import type { ClusterNode } from '../src/kv/cluster-configuration.js';
import { hashBytes } from '../src/kv/shard/hash.js';
import { place } from '../src/kv/shard/placement.js';
import { preferredLeaders } from '../src/kv/shard/placement-leaders.js';
import { Ring } from '../src/kv/shard/ring.js';
import type { NodeId } from '../src/raft/core/types.js';
import { seededRandom } from './seeded-random.js';

const replicasPerShard = 3;
const cases = [
  { nodes: 3, shards: 12 },
  { nodes: 5, shards: 12 },
  { nodes: 5, shards: 60 },
  { nodes: 6, shards: 24 },
  { nodes: 10, shards: 12 },
  { nodes: 10, shards: 100 },
  { nodes: 20, shards: 200 },
  { nodes: 50, shards: 500 },
  { nodes: 100, shards: 1_000 },
];

type Assignments = readonly (readonly NodeId[])[];
type Placer = (nodes: readonly ClusterNode[], positions: readonly number[]) => Assignments;

const bounded: Placer = (nodes, ringPositions) =>
  place({ nodes, ringPositions, replicasPerShard }).assignments;

const plain: Placer = (nodes, positions) => {
  const ring = new Ring(nodes);
  const zoneOf = new Map(nodes.map((node) => [node.id, node.zone]));
  return positions.map((position) => {
    const chosen: NodeId[] = [];
    for (const node of ring.walk(position)) {
      if (chosen.length === replicasPerShard) break;
      if (!chosen.some((other) => zoneOf.get(other) === zoneOf.get(node))) chosen.push(node);
    }
    return chosen;
  });
};

function main(trials: number): void {
  console.log(
    '| nodes | shards | zones | plain max/mean (p95) | bounded max/mean (p95) ' +
      '| leaders max/mean | zone violations | join: moved plain, bounded (ideal) ' +
      '| leave: moved plain, bounded (ideal) |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { nodes, shards } of cases) {
    console.log(row({ nodes, shards, trials, zones: nodes }));
    if (nodes >= 6 && shards > 12) console.log(row({ nodes, shards, trials, zones: 3 }));
  }
}

interface Case {
  readonly nodes: number;
  readonly shards: number;
  readonly zones: number;
  readonly trials: number;
}

function row({ nodes, shards, zones, trials }: Case): string {
  const random = seededRandom(nodes * 1_000 + shards);
  const figures: Figures[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const ids = new Set<NodeId>();
    while (ids.size <= nodes) ids.add(1 + Math.floor(random() * 65_535));
    const all = [...ids].map((id, index) => ({ id, zone: `z${index % zones}`, weight: 1 }));
    // The last one joins. With a zone of its own per node it must not share the first one's.
    const extended = zones === nodes ? all.map((node) => ({ ...node, zone: `z${node.id}` })) : all;
    figures.push(measure(extended, shards));
  }
  const mean = (of: (figure: Figures) => number) =>
    figures.reduce((total, figure) => total + of(figure), 0) / figures.length;
  const p95 = (of: (figure: Figures) => number) =>
    figures.map(of).sort((a, b) => a - b)[Math.floor(0.95 * (figures.length - 1))] ?? 0;
  const spread = (of: (figure: Figures) => number) =>
    `${mean(of).toFixed(2)} (${p95(of).toFixed(2)})`;
  const moved = (plainMoved: number, boundedMoved: number, ideal: number) =>
    `${plainMoved.toFixed(3)}, ${boundedMoved.toFixed(3)} (${ideal.toFixed(3)})`;
  const cells = [
    nodes,
    shards,
    zones === nodes ? 'one per node' : zones,
    spread((figure) => figure.plainLoad),
    spread((figure) => figure.boundedLoad),
    mean((figure) => figure.leaderLoad).toFixed(2),
    mean((figure) => figure.zoneViolations),
    moved(
      mean((figure) => figure.plainJoin),
      mean((figure) => figure.boundedJoin),
      1 / (nodes + 1),
    ),
    nodes > replicasPerShard
      ? moved(
          mean((figure) => figure.plainLeave),
          mean((figure) => figure.boundedLeave),
          1 / nodes,
        )
      : 'all stay',
  ];
  return `| ${cells.join(' | ')} |`;
}

interface Figures {
  readonly plainLoad: number;
  readonly boundedLoad: number;
  readonly leaderLoad: number;
  readonly zoneViolations: number;
  readonly plainJoin: number;
  readonly boundedJoin: number;
  readonly plainLeave: number;
  readonly boundedLeave: number;
}

/** `extended` is the cluster plus the node that joins, which stands last. */
function measure(extended: readonly ClusterNode[], shards: number): Figures {
  const byId = (nodes: readonly ClusterNode[]) => [...nodes].sort((a, b) => a.id - b.id);
  const before = byId(extended.slice(0, -1));
  const joined = byId(extended);
  const left = byId(extended.slice(1, -1));
  const positions = Array.from({ length: shards }, (_, index) =>
    hashBytes(Buffer.from(`shard/${index + 1}`)),
  );
  const at = (placer: Placer, nodes: readonly ClusterNode[]) =>
    nodes.length < replicasPerShard ? [] : placer(nodes, positions);
  const plainBefore = at(plain, before);
  const boundedBefore = at(bounded, before);
  const leaders = preferredLeaders(before, boundedBefore);
  return {
    plainLoad: busiest(plainBefore.flat(), before),
    boundedLoad: busiest(boundedBefore.flat(), before),
    leaderLoad: busiest(leaders, before),
    zoneViolations: zoneViolations(boundedBefore, before),
    plainJoin: movedShare(plainBefore, at(plain, joined)),
    boundedJoin: movedShare(boundedBefore, at(bounded, joined)),
    plainLeave: movedShare(plainBefore, at(plain, left)),
    boundedLeave: movedShare(boundedBefore, at(bounded, left)),
  };
}

function busiest(holders: readonly NodeId[], nodes: readonly ClusterNode[]): number {
  const loads = new Map<NodeId, number>();
  for (const node of holders) loads.set(node, (loads.get(node) ?? 0) + 1);
  return Math.max(...loads.values()) / (holders.length / nodes.length);
}

function zoneViolations(assignments: Assignments, nodes: readonly ClusterNode[]): number {
  const zoneOf = new Map(nodes.map((node) => [node.id, node.zone]));
  return assignments.filter(
    (members) => new Set(members.map((node) => zoneOf.get(node))).size < members.length,
  ).length;
}

/** Share of the replicas after a change that are on a node which did not hold the shard before. */
function movedShare(before: Assignments, after: Assignments): number {
  const moved = after.flatMap((members, shard) =>
    members.filter((node) => !before[shard]?.includes(node)),
  );
  return moved.length / after.flat().length;
}

main(Number(process.argv[2] ?? 20));
