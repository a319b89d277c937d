import fc from 'fast-check';
import t from 'tap';
import { fairShares, loadBound, zonesOf } from '../../../src/kv/shard/placement-share.js';
import { placementInput } from './clusters.js';

const node = (id: number, zone: string, weight = 1) => ({ id, zone, weight });

t.test('is the weighted average where nothing is full', async (t) => {
  const nodes = [node(1, 'a', 1), node(2, 'b', 1), node(3, 'c', 1), node(4, 'd', 1.5)];
  const shares = fairShares(nodes, { shards: 45, replicasPerShard: 2, zoneReplicasMax: 1 });
  t.same(shares, [20, 20, 20, 30]);
});

t.test('a lone node in a zone that every shard needs holds every shard', async (t) => {
  const nodes = [
    node(1, 'a'),
    node(2, 'b'),
    node(3, 'b'),
    node(4, 'c'),
    node(5, 'c'),
    node(6, 'c'),
  ];
  const shares = fairShares(nodes, { shards: 12, replicasPerShard: 3, zoneReplicasMax: 1 });
  t.same(shares, [12, 6, 6, 4, 4, 4]);
});

t.test('shares add up to all replicas, no node and no zone above what it can hold', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  fc.assert(
    fc.property(placementInput, ({ nodes, ringPositions, replicasPerShard }) => {
      const shards = ringPositions.length;
      // A limit that surely lets all replicas find a place.
      const zoneReplicasMax = replicasPerShard;
      const shares = fairShares(nodes, { shards, replicasPerShard, zoneReplicasMax });
      const total = shares.reduce((sum, share) => sum + share, 0);
      const zoneTotals = zonesOf(nodes).map(([, members]) =>
        members.reduce((sum, member) => sum + (shares[nodes.indexOf(member)] ?? 0), 0),
      );
      return (
        Math.abs(total - shards * replicasPerShard) < 1e-6 &&
        shares.every((share) => share <= shards) &&
        zoneTotals.every((zoneTotal) => zoneTotal <= shards * zoneReplicasMax + 1e-6)
      );
    }),
    { seed },
  );
});

t.test('the bound is 1.1 times the share, rounded up without the error of doubles', async (t) => {
  t.equal(loadBound(10, 100), 11);
  t.equal(loadBound(10.01, 100), 12);
  t.equal(loadBound(0.001, 100), 1);
  t.equal(loadBound(99, 100), 100);
});
