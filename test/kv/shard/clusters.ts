/**
 * Clusters to place shards on, for the tests of this folder.
 */
import fc from 'fast-check';
import type { ClusterNode } from '../../../src/kv/cluster-configuration.js';
import type { PlacementInput } from '../../../src/kv/shard/placement.js';

/** Nodes `firstId + 1` and on, each in a zone of its own, three replicas. */
export function clusterOf(count: number, firstId = 0) {
  const nodes = Array.from({ length: count }, (_, index): ClusterNode => {
    const id = firstId + index + 1;
    return { id, zone: `${id}`, weight: 1 };
  });
  return { nodes, replicasPerShard: 3 };
}

/** Up to 16 nodes with any ids, few zones, uneven weights, 1 to 60 shards anywhere on the ring. */
export const placementInput: fc.Arbitrary<PlacementInput> = fc
  .record({
    nodes: fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 65_535 }),
        zone: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        weight: fc.oneof(fc.constant(1), fc.double({ min: 0.1, max: 8, noNaN: true })),
      }),
      { selector: (node) => node.id, minLength: 1, maxLength: 16 },
    ),
    ringPositions: fc.array(fc.nat(2 ** 32 - 1), { minLength: 1, maxLength: 60 }),
    replicas: fc.constantFrom(1, 2, 3, 5),
  })
  .map(({ nodes, ringPositions, replicas }) => ({
    nodes: [...nodes].sort((a, b) => a.id - b.id),
    ringPositions,
    replicasPerShard: Math.min(replicas, nodes.length),
  }));

export function countBy<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
