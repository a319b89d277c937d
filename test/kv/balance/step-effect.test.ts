import t from 'tap';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { roleOf, takeEffect } from '../../../src/kv/balance/step-effect.js';
import { birthPosition } from '../../../src/kv/shard/shard-map.js';
import { freshView, mebibyte, nodesOf, now, sized, voters, withShard } from './views.js';

const base = withShard(freshView({ nodes: nodesOf(5), shards: 4 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 2,
  ...sized(100 * mebibyte, 40),
});

function after(...actions: StepAction[]) {
  const table = new Map(base.shards.map((shard) => [shard.group, shard]));
  for (const action of actions) takeEffect(table, action, now);
  return table;
}

t.test('members: a new replica id for a new replica, the old one for a promoted', async (t) => {
  const moved = after({ kind: 'move', shard: 1, from: 2, to: 5 }).get(1);
  t.match(moved, { preferredLeader: 5, epoch: { range: 1, members: 2 } });
  t.same(moved?.members, [
    { node: 1, replica: 1, role: 'voter' },
    { node: 3, replica: 3, role: 'voter' },
    { node: 5, replica: 4, role: 'voter' },
  ]);
  const promoted = after(
    { kind: 'add-replica', shard: 1, node: 4, role: 'learner' },
    { kind: 'add-replica', shard: 1, node: 4, role: 'voter' },
    { kind: 'remove-replica', shard: 1, node: 1 },
  ).get(1);
  t.same(promoted?.members[2], { node: 4, replica: 4, role: 'voter' });
  t.equal(promoted?.epoch.members, 4);
  t.equal(promoted && roleOf(promoted, 1), undefined);
});

t.test('a leader', async (t) => {
  const shard = after({ kind: 'transfer-leader', shard: 1, to: 3 }).get(1);
  t.match(shard, { preferredLeader: 3, epoch: { range: 1, members: 1 } });
});

t.test('a split gives the upper half away, a merge takes it back', async (t) => {
  const split = { kind: 'split', shard: 1, at: 1_000, child: 5 } as const;
  const halves = after(split);
  t.match(halves.get(1), { range: { start: 0, end: 1_000 }, epoch: { range: 2 } });
  t.match(halves.get(5), {
    range: { start: 1_000, end: 2 ** 30 },
    epoch: { range: 2 },
    ringPosition: birthPosition(5),
    rangeSinceMs: now,
    statistics: { bytes: 50 * mebibyte },
  });
  const whole = after(split, { kind: 'merge', left: 1, right: 5 });
  t.notOk(whole.has(5));
  t.match(whole.get(1), {
    range: { start: 0, end: 2 ** 30 },
    epoch: { range: 3 },
    statistics: { bytes: 100 * mebibyte },
  });
});

t.test('what cannot be is a programmer error', async (t) => {
  t.throws(() => after({ kind: 'split', shard: 1, at: 0, child: 5 }), /inside/);
  t.throws(() => after({ kind: 'split', shard: 1, at: 9, child: 4 }), /born once/);
  t.throws(() => after({ kind: 'merge', left: 1, right: 3 }), /neighbours/);
  t.throws(() => after({ kind: 'move', shard: 1, from: 4, to: 5 }), /where it is/);
  t.throws(() => after({ kind: 'transfer-leader', shard: 9, to: 5 }), /that there is/);
});
