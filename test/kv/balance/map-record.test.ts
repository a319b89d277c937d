import t from 'tap';
import type { ShardSight } from '../../../src/kv/balance/cluster-control.js';
import { recordInMap } from '../../../src/kv/balance/map-record.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { JobsWorld } from './jobs-world.js';

const statistics = { keys: 1, bytes: 2, readsPerSecond: 3, writesPerSecond: 4 };

function recorded(action: StepAction, ...sights: readonly ShardSight[]) {
  const world = new JobsWorld();
  for (const shard of [1, 2]) world.shard(shard, [1, 2, 3]);
  for (const shard of [1, 2]) {
    const known = world.store.all.get(`shards/${shard}`) as object;
    world.store.put(`shards/${shard}`, { ...known, statistics, readReplicas: 1 });
  }
  const sightings = new Map(sights.map((sight) => [sight.shard, sight]));
  return recordInMap(action, sightings, world.store.documents(), 77);
}

function sight(shard: number, nodes: readonly number[], more: Partial<ShardSight> = {}) {
  const members = nodes.map((node) => ({ node, replica: node + 10, role: 'voter' as const }));
  return {
    ...{ shard, range: { start: (shard - 1) * 1000, end: shard * 1000 } },
    ...{ epoch: { range: 1, members: 5 }, leader: nodes[0] ?? 0, members },
    ...{ changing: false, sealed: false, copies: [], ...more },
  };
}

const move: StepAction = { kind: 'move', shard: 1, from: 1, to: 4 };

t.test('the map says what the shard says, and steps', async (t) => {
  const changes = recorded(move, sight(1, [2, 3, 4]));
  t.same(changes.get('map'), { epoch: 2, nextGroup: 100 });
  t.match(changes.get('shards/1'), {
    members: [{ node: 2, replica: 12 }, { node: 3 }, { node: 4 }],
    epoch: { range: 1, members: 5 },
    preferredLeader: 4,
    statistics,
    readReplicas: 1,
  });
  t.equal(recorded(move, sight(1, [1, 2, 4])).get('map') !== undefined, true);
  t.match(recorded(move, sight(1, [1, 2, 4])).get('shards/1'), { preferredLeader: 1 });
});

t.test(
  'it never goes back behind what it knows; the range decides before the members',
  async (t) => {
    const behind = sight(1, [2, 3, 4], { epoch: { range: 0, members: 900 } });
    t.equal(recorded(move, behind).size, 0);
    const ahead = sight(1, [2, 3, 4], { epoch: { range: 2, members: 0 } });
    t.ok(recorded(move, ahead).has('shards/1'));
  },
);

t.test('a transfer is a wish that stays', async (t) => {
  const action: StepAction = { kind: 'transfer-leader', shard: 1, to: 3 };
  const changes = recorded(action, sight(1, [1, 2, 3], { leader: 3 }));
  t.match(changes.get('shards/1'), { preferredLeader: 3 });
});

t.test('a split and a merge change ranges, and what was measured of others', async (t) => {
  const split: StepAction = { kind: 'split', shard: 1, at: 500, child: 100 };
  const epoch = { range: 2, members: 1 };
  const parent = sight(1, [1, 2, 3], { range: { start: 0, end: 500 }, epoch });
  const child = sight(100, [1, 2, 3], { range: { start: 500, end: 1000 }, epoch });
  const halves = recorded(split, parent, child);
  t.match(halves.get('shards/1'), { range: { end: 500 }, rangeSinceMs: 77 });
  t.equal((halves.get('shards/1') as { statistics?: object }).statistics, undefined);
  t.match(halves.get('shards/100'), { group: 100, range: { start: 500 }, ringPosition: Number });
  t.same(halves.get('map'), { epoch: 2, nextGroup: 100 });
  const merge: StepAction = { kind: 'merge', left: 1, right: 2 };
  const whole = sight(1, [1, 2, 3], { range: { start: 0, end: 2000 }, epoch });
  const merged = recorded(merge, whole, sight(2, [1, 2, 3], { sealed: true }));
  t.ok(merged.has('shards/2'));
  t.equal(merged.get('shards/2'), undefined, 'it is no more, although it still answers');
  t.match(merged.get('shards/1'), { range: { start: 0, end: 2000 } });
});
