import t from 'tap';
import { placementView } from '../../../src/kv/balance/placement-view.js';
import { JobsWorld, jobOf } from './jobs-world.js';

t.test('nodes by number, shards by range, and what jobs hold', async (t) => {
  const world = new JobsWorld([3, 1]);
  world.shard(2, [1, 3]);
  world.shard(1, [1, 3]);
  world.store.put('jobs/1', jobOf([{ kind: 'transfer-leader', shard: 2, to: 3 }]));
  const view = placementView(world.store.documents(), 5);
  t.same([view.nowMs, view.epoch, view.nextGroup], [5, 1, 100]);
  t.same(
    [view.nodes.map(({ id }) => id), view.shards.map(({ group }) => group)],
    [
      [1, 3],
      [1, 2],
    ],
  );
  t.same([...view.busy], [[2, '1']]);
});
