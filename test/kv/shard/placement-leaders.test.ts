import fc from 'fast-check';
import t from 'tap';
import { place } from '../../../src/kv/shard/placement.js';
import { preferredLeaders } from '../../../src/kv/shard/placement-leaders.js';
import { clusterOf, countBy, placementInput } from './clusters.js';

const seed = Date.now();
t.comment(`seed ${seed}`);

t.test('leads from among its holders, and no handover would even it out further', async () => {
  fc.assert(
    fc.property(placementInput, (input) => {
      const { assignments } = place(input);
      const leaders = preferredLeaders(input.nodes, assignments);
      const loads = countBy(leaders);
      const weights = new Map(input.nodes.map((node) => [node.id, node.weight]));
      const load = (node: number, extra = 0) =>
        ((loads.get(node) ?? 0) + extra) / (weights.get(node) ?? 1);
      return leaders.every((leader, shard) => {
        const members = assignments[shard] ?? [];
        return (
          members.includes(leader) &&
          members.every((node) => load(node, 1) >= load(leader) || node === leader)
        );
      });
    }),
    { seed, numRuns: 300 },
  );
});

t.test('every node leads shards / nodes of them, give or take one', async (t) => {
  for (const [nodes, shards] of [
    [3, 12],
    [5, 60],
    [7, 30],
    [10, 100],
    [100, 1_000],
  ] as const) {
    const cluster = clusterOf(nodes);
    const ringPositions = Array.from({ length: shards }, (_, index) => index * 4_000_037);
    const { assignments } = place({ ...cluster, ringPositions });
    const loads = countBy(preferredLeaders(cluster.nodes, assignments));
    t.equal(Math.max(...loads.values()), Math.ceil(shards / nodes), `${nodes} nodes`);
    t.equal(Math.min(...loads.values()), Math.floor(shards / nodes));
  }
});

t.test('hands over along a chain where no single handover helps', async (t) => {
  // Taking the least loaded each time puts two on node 1 or 2 and none on 3.
  const nodes = clusterOf(3).nodes;
  const leaders = preferredLeaders(nodes, [[3, 2], [2, 1], [3, 2], [1]]);
  t.same([...countBy(leaders).values()].sort(), [1, 1, 2]);
  const heavy = preferredLeaders(nodes, [[1], [1, 2], [1, 2], [2, 3], [2, 3]]);
  t.same(Math.max(...countBy(heavy).values()), 2);
});

t.test('follows the weights', async (t) => {
  const nodes = clusterOf(3).nodes.map((node) => ({ ...node, weight: node.id === 1 ? 2 : 1 }));
  const assignments = new Array<number[]>(12).fill([1, 2, 3]);
  const loads = countBy(preferredLeaders(nodes, assignments));
  t.same([loads.get(1), loads.get(2), loads.get(3)], [6, 3, 3]);
});
