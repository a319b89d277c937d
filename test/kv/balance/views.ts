/**
 * Clusters to plan for: as they are after their first start, or in any disorder.
 */
import fc from 'fast-check';
import type {
  ClusterView,
  Pin,
  ViewMember,
  ViewNode,
  ViewShard,
} from '../../../src/kv/balance/cluster-view.js';
import { withIntents } from '../../../src/kv/balance/draft.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import type { Goal, Plan, Refusal } from '../../../src/kv/balance/plan.js';
import { takeEffect } from '../../../src/kv/balance/step-effect.js';
import { initialShardMap } from '../../../src/kv/shard/shard-map.js';

export const minute = 60_000;
export const now = 1_000 * minute;
export const mebibyte = 2 ** 20;

export const settings: ClusterView['settings'] = {
  replicas: 3,
  deadAfterMs: 10 * minute,
  balancer: {
    maxConcurrent: 4,
    maxPerNode: 2,
    maxBytesPerSecond: 32 * mebibyte,
    autoSplit: {
      enabled: true,
      bytes: 1024 * mebibyte,
      requestsPerSecond: 5_000,
      shardsMax: 64,
    },
    autoMerge: {
      enabled: true,
      bytes: 64 * mebibyte,
      requestsPerSecond: 100,
      shardsMin: 8,
      quietMs: 60 * minute,
    },
  },
};

export function nodeOf(id: number, changes: Partial<ViewNode> = {}): ViewNode {
  return {
    id,
    zone: `z${id}`,
    weight: 1,
    state: 'up',
    stateSinceMs: 0,
    draining: false,
    ...changes,
  };
}

/** Nodes 1 to `count`; by default each in a zone of its own. */
export function nodesOf(count: number, zones = count): ViewNode[] {
  return Array.from({ length: count }, (_, index) =>
    nodeOf(index + 1, { zone: `z${1 + (index % zones)}` }),
  );
}

export interface Start {
  readonly nodes: readonly ViewNode[];
  readonly shards: number;
  readonly replicas?: 1 | 3 | 5;
}

/** As the cluster's first map places the shards. */
export function freshView({ nodes, shards, replicas = 3 }: Start): ClusterView {
  const { map } = initialShardMap({
    nodes: nodes.map(({ id, zone, weight }) => ({ id, zone, weight })),
    shards,
    replicas,
  });
  return {
    nowMs: now,
    epoch: 7,
    nextGroup: shards + 1,
    nodes,
    pins: [],
    busy: new Map(),
    settings: { ...settings, replicas },
    shards: map.shards.map(
      (shard): ViewShard => ({
        ...shard,
        epoch: { range: 1, members: 1 },
        members: shard.members.map((member) => ({ ...member, role: 'voter' })),
      }),
    ),
  };
}

export function withNode(view: ClusterView, id: number, changes: Partial<ViewNode>): ClusterView {
  const nodes = view.nodes.map((node) => (node.id === id ? { ...node, ...changes } : node));
  return { ...view, nodes };
}

export function withShard(
  view: ClusterView,
  group: number,
  changes: Partial<ViewShard>,
): ClusterView {
  const shards = view.shards.map((shard) =>
    shard.group === group ? { ...shard, ...changes } : shard,
  );
  return { ...view, shards };
}

export function shardOf(view: ClusterView, group: number): ViewShard {
  const shard = view.shards.find((candidate) => candidate.group === group);
  if (shard === undefined) throw new Error(`no shard ${group}`);
  return shard;
}

export function voters(...nodes: number[]): ViewMember[] {
  return nodes.map((node, index) => ({ node, replica: index + 1, role: 'voter' }));
}

export function sized(bytes: number, requests = 0) {
  const [keys, readsPerSecond, writesPerSecond] = [bytes / 256, requests / 2, requests / 2];
  return { statistics: { keys, bytes, readsPerSecond, writesPerSecond } };
}

/** Every hash that anybody owned is owned still; what the plan says is done. */
export function execute(view: ClusterView, plan: Plan): ClusterView {
  const current = withIntents(view, plan.intents);
  const table = new Map(current.shards.map((shard) => [shard.group, shard]));
  for (const step of plan.steps) takeEffect(table, step, view.nowMs);
  const shards = [...table.values()].sort((a, b) => a.range.start - b.range.start);
  const groups = shards.map((shard) => shard.group);
  const nextGroup = Math.max(current.nextGroup, ...groups.map((group) => group + 1));
  return { ...current, shards, nextGroup, epoch: view.epoch + plan.steps.length };
}

export function planned(view: ClusterView, goal: Goal): Plan {
  const outcome = makePlan(view, goal);
  if (outcome.kind === 'plan') return outcome.plan;
  throw new Error(`no plan: ${JSON.stringify(outcome)}`);
}

export function refused(view: ClusterView, goal: Goal): Refusal {
  const outcome = makePlan(view, goal);
  if (outcome.kind === 'refused') return outcome.refusal;
  throw new Error(`not refused: ${JSON.stringify(outcome)}`);
}

const disorderlyNode = fc.record({
  zone: fc.constantFrom('a', 'b', 'c', 'd'),
  weight: fc.constantFrom(0.5, 1, 1, 1, 2, 4),
  state: fc.constantFrom('up', 'up', 'up', 'up', 'up', 'up', 'suspect', 'dead'),
  age: fc.constantFrom(1, 100),
  draining: fc.constantFrom(false, false, false, false, false, true),
} as const);

const disorderlyShard = fc.record({
  order: fc.array(fc.nat(1_000), { minLength: 10, maxLength: 10 }),
  voters: fc.constantFrom(1, 2, 3, 3, 3, 3, 4, 5),
  learners: fc.constantFrom(0, 0, 0, 0, 1, 2),
  readReplicas: fc.constantFrom(undefined, undefined, undefined, 1, 2),
  ringPosition: fc.nat(2 ** 32 - 1),
  bytes: fc.constantFrom(undefined, 0, mebibyte, 100 * mebibyte, 300 * mebibyte, 2_000 * mebibyte),
  requests: fc.constantFrom(0, 10, 1_000, 20_000),
  age: fc.constantFrom(undefined, 1, 1_000),
});

/**
 * Anything that the documents can say: replicas anywhere, too many and too few, on dead and
 * draining nodes, learners, pins that contradict each other, uneven weights, zones and sizes.
 */
export const disorderlyView: fc.Arbitrary<ClusterView> = fc
  .record({
    nodes: fc.array(disorderlyNode, { minLength: 1, maxLength: 8 }),
    shards: fc.array(disorderlyShard, { minLength: 1, maxLength: 14 }),
    replicas: fc.constantFrom(1, 3, 3, 3, 5),
    pins: fc.array(
      fc.record({
        shard: fc.nat(13),
        node: fc.nat(7),
        kind: fc.constantFrom('replica', 'no-replica', 'leader'),
      } as const),
      { maxLength: 3 },
    ),
    busy: fc.array(fc.nat(13), { maxLength: 1 }),
  } as const)
  .map(({ nodes, shards, replicas, pins, busy }): ClusterView => {
    const count = shards.length;
    const view: ClusterView = {
      nowMs: now,
      epoch: 3,
      nextGroup: count + 1,
      nodes: nodes.map(({ age, ...node }, index) => ({
        ...node,
        id: 3 * index + 1,
        stateSinceMs: now - age * minute,
      })),
      shards: shards.map((shard, index) => scattered(shard, { nodes: nodes.length, index, count })),
      pins: pins.map(
        (pin, index): Pin => ({
          id: `p${index + 1}`,
          shard: (pin.shard % count) + 1,
          node: 3 * (pin.node % nodes.length) + 1,
          kind: pin.kind,
        }),
      ),
      busy: new Map(busy.map((shard) => [(shard % count) + 1, 'j1'])),
      settings: { ...settings, replicas },
    };
    return view;
  });

type Scatter = typeof disorderlyShard extends fc.Arbitrary<infer T> ? T : never;

function scattered(
  shard: Scatter,
  { nodes, index, count }: { nodes: number; index: number; count: number },
): ViewShard {
  const ids = Array.from({ length: nodes }, (_, node) => 3 * node + 1).sort(
    (a, b) => (shard.order[a % 10] ?? 0) - (shard.order[b % 10] ?? 0) || a - b,
  );
  const members = ids
    .slice(0, shard.voters + shard.learners)
    .map((node, at): ViewMember => {
      return { node, replica: at + 1, role: at < shard.voters ? 'voter' : 'learner' };
    })
    .sort((a, b) => a.node - b.node);
  const border = (at: number) => Math.floor((at * 2 ** 32) / count);
  return {
    group: index + 1,
    range: { start: border(index), end: border(index + 1) },
    epoch: { range: 1, members: 1 },
    ringPosition: shard.ringPosition,
    members,
    preferredLeader: ids[0] ?? 1,
    readReplicas: shard.readReplicas,
    rangeSinceMs: shard.age === undefined ? undefined : now - shard.age * minute,
    ...(shard.bytes === undefined ? {} : sized(shard.bytes, shard.requests)),
  };
}
