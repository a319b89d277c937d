/**
 * Placement at the size of a large cluster, as tables for `docs/SCALING.md`: how even the loads
 * are, what a join, a leave and the loss of a zone move, how large the map is, how much
 * processor time a plan takes.
 *
 *     node build/bench/scaling.js [nodes shards]
 *
 * Without arguments a row of sizes up to 1,000 nodes and 100,000 shards. Seeded: the figures are
 * the same in every run, except for the times.
 */
import type { ClusterView, ViewNode, ViewShard } from '../src/kv/balance/cluster-view.js';
import { withIntents } from '../src/kv/balance/draft.js';
import { makePlan } from '../src/kv/balance/make-plan.js';
import type { Goal, Plan } from '../src/kv/balance/plan.js';
import { clusterScore } from '../src/kv/balance/score.js';
import { takeEffect } from '../src/kv/balance/step-effect.js';
import { Target } from '../src/kv/balance/target.js';
import { birthPosition } from '../src/kv/shard/shard-map.js';
import { seededRandom } from './seeded-random.js';

const zones = 7;
const minuteMs = 60_000;
const mebibyte = 2 ** 20;
const sizes = [
  [10, 1_000],
  [100, 10_000],
  [300, 30_000],
  [1_000, 100_000],
] as const;

function main(given: readonly number[]): void {
  const [nodes, shards] = given;
  const chosen = nodes === undefined || shards === undefined ? sizes : [[nodes, shards] as const];
  for (const [nodeCount, shardCount] of chosen) report(nodeCount, shardCount);
}

function report(nodeCount: number, shardCount: number): void {
  console.log(`\n### ${nodeCount} nodes in ${zones} zones, ${shardCount} shards of 3 replicas\n`);
  for (const sizesOfShards of ['even', 'uneven'] as const) {
    const view = settled(emptyView({ nodeCount, shardCount, uneven: sizesOfShards === 'uneven' }));
    const map = Buffer.byteLength(JSON.stringify(view.shards));
    const score = clusterScore(view);
    console.log(
      `Sizes ${sizesOfShards}: loads ${score.idlest.toFixed(2)} to ${score.busiest.toFixed(2)} ` +
        `of the share, leaders up to ${score.busiestLeader.toFixed(2)}; the map is ` +
        `${(map / mebibyte).toFixed(1)} MiB of JSON, ` +
        `${Math.round(map / shardCount)} bytes a shard.\n`,
    );
    console.log('| event | plan | steps | moved | ideal | busiest, idlest after | seconds |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    const replicas = 3 * shardCount;
    const row = (event: string, from: ClusterView, asked: Asked) =>
      console.log(planRow(event, from, { ...asked, replicas }));
    row('none', view, { goal: { kind: 'balance' }, ideal: 0 });
    const joined = { ...view, nodes: [...view.nodes, nodeAt(nodeCount)] };
    row('a node joins', joined, { goal: { kind: 'balance' }, ideal: 1 / (nodeCount + 1) });
    row('a node is drained', view, { goal: { kind: 'drain', node: 3 }, ideal: 1 / nodeCount });
    const dead = killed(view, (node) => node.id === 3);
    row('a node is dead', dead, { goal: { kind: 'repair' }, ideal: 1 / nodeCount });
    const zoneLost = killed(view, (node) => node.zone === 'z1');
    row('a zone is dead', zoneLost, { goal: { kind: 'repair' }, ideal: 1 / zones });
    console.log();
  }
}

interface Asked {
  readonly goal: Goal;
  /** Share of the replicas that cannot but move. */
  readonly ideal: number;
}

function planRow(
  event: string,
  view: ClusterView,
  { goal, ideal, replicas }: Asked & { readonly replicas: number },
): string {
  const start = process.cpuUsage();
  const outcome = makePlan(view, goal);
  const seconds = secondsSince(start);
  if (outcome.kind !== 'plan') {
    return `| ${event} | ${goal.kind} | 0 | 0 | ${ideal.toFixed(4)} | | ${seconds.toFixed(1)} |`;
  }
  const { steps, score } = outcome.plan;
  const moved = steps.filter(({ kind }) => kind === 'move' || kind === 'add-replica').length;
  const after = `${score.after.busiest.toFixed(2)}, ${score.after.idlest.toFixed(2)}`;
  const cells = [
    event,
    goal.kind,
    steps.length,
    (moved / replicas).toFixed(4),
    ideal.toFixed(4),
    after,
    seconds.toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

interface Size {
  readonly nodeCount: number;
  readonly shardCount: number;
  readonly uneven: boolean;
}

function emptyView({ nodeCount, shardCount, uneven }: Size): ClusterView {
  const random = seededRandom(nodeCount + shardCount);
  const border = (index: number) => Math.floor((index * 2 ** 32) / shardCount);
  const shards = Array.from({ length: shardCount }, (_, index): ViewShard => {
    const group = index + 1;
    // Long-tailed, as data is: the largest is some twenty times the mean.
    const factor = uneven ? -Math.log(1 - random()) * (random() < 0.05 ? 5 : 1) : 1;
    return {
      group,
      range: { start: border(index), end: border(index + 1) },
      epoch: { range: 1, members: 1 },
      ringPosition: birthPosition(group),
      members: [],
      preferredLeader: 1,
      statistics: {
        keys: Math.round(250_000 * factor),
        bytes: Math.round(256 * mebibyte * factor),
        readsPerSecond: Math.round(500 * factor),
        writesPerSecond: Math.round(100 * factor),
      },
    };
  });
  return {
    nowMs: 1_000 * minuteMs,
    epoch: 1,
    nextGroup: shardCount + 1,
    nodes: Array.from({ length: nodeCount }, (_, index) => nodeAt(index)),
    shards,
    pins: [],
    busy: new Map(),
    settings: {
      replicas: 3,
      deadAfterMs: 10 * minuteMs,
      balancer: {
        maxConcurrent: nodeCount,
        maxPerNode: 2,
        maxBytesPerSecond: nodeCount * 32 * mebibyte,
        autoSplit: { enabled: false, bytes: 0, requestsPerSecond: 0, shardsMax: 0 },
        autoMerge: { enabled: false, bytes: 0, requestsPerSecond: 0, shardsMin: 0, quietMs: 0 },
      },
    },
  };
}

function nodeAt(index: number): ViewNode {
  return {
    id: index + 1,
    zone: `z${1 + (index % zones)}`,
    weight: 1,
    state: 'up',
    stateSinceMs: 0,
    draining: false,
  };
}

/** Everything where the target has it, leaders spread. */
function settled(view: ClusterView): ClusterView {
  const start = process.cpuUsage();
  const target = new Target(view);
  const seconds = secondsSince(start);
  console.log(`Target computed in ${seconds.toFixed(1)} s.`);
  const shards = view.shards.map((shard): ViewShard => {
    const voters = [...target.voters(shard.group)];
    return {
      ...shard,
      members: voters
        .sort((a, b) => a - b)
        .map((node, order) => ({ node, replica: order + 1, role: 'voter' })),
      preferredLeader: voters[shard.group % voters.length] ?? 1,
    };
  });
  const placed = { ...view, shards };
  const outcome = makePlan(placed, { kind: 'balance' });
  return outcome.kind === 'plan' ? executed(placed, outcome.plan) : placed;
}

function executed(view: ClusterView, plan: Plan): ClusterView {
  const current = withIntents(view, plan.intents);
  const table = new Map(current.shards.map((shard) => [shard.group, shard]));
  for (const step of plan.steps) takeEffect(table, step, view.nowMs);
  return { ...current, shards: [...table.values()] };
}

function killed(view: ClusterView, dies: (node: ViewNode) => boolean): ClusterView {
  const nodes = view.nodes.map(
    (node): ViewNode => (dies(node) ? { ...node, state: 'dead' } : node),
  );
  return { ...view, nodes };
}

/** Of the processor, so that what else runs on the machine matters less. */
function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

main(process.argv.slice(2).map(Number));
