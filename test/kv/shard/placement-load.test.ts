import t from 'tap';
import { costBound, PlacementLoad } from '../../../src/kv/shard/placement-load.js';
import { clusterOf } from './clusters.js';

t.test('the bound is a tenth above the share, rounded up, and at most one of each', async (t) => {
  t.equal(costBound(7.2, 12), 8);
  t.equal(costBound(10, 20), 11);
  t.equal(costBound(12, 12), 12);
  t.equal(costBound(0.1, 12), 1);
});

t.test('a node is full by weight, not by count', async (t) => {
  const { nodes } = clusterOf(4);
  const costs = [3, 0.25, 0.25, 0.5];
  const demand = { shards: 4, replicasPerShard: 3, zoneReplicasMax: 1 };
  const load = new PlacementLoad(nodes, costs, demand);
  load.take([0, 1, 2], 0);
  load.take([0], 3);
  load.take([0], 1);
  t.ok(load.fits(3, 0), 'an empty node takes the large one');
  t.notOk(load.fits(0, 3), 'a full one not even a small one');
  t.ok(load.fits(1, 3));
  t.same(load.emptiestFirst(), [3, 1, 2, 0]);
});
