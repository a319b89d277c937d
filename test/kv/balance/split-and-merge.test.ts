import t from 'tap';
import { type ClusterView, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { canBeCut, middleOf } from '../../../src/kv/balance/split-and-merge.js';
import {
  execute,
  freshView,
  mebibyte,
  nodesOf,
  planned,
  refused,
  shardOf,
  sized,
  voters,
  withNode,
  withShard,
} from './views.js';

const base = freshView({ nodes: nodesOf(6), shards: 4 });
const view = withShard(withShard(base, 1, { members: voters(1, 2, 3), preferredLeader: 1 }), 2, {
  members: voters(3, 4, 5),
  preferredLeader: 4,
  ...sized(8 * mebibyte),
});
const merge = { kind: 'merge', left: 1, right: 2 } as const;

t.test('a split is one step, for the next number, and sends nothing', async (t) => {
  const plan = planned(view, { kind: 'split', shard: 1 });
  t.match(plan, { bytes: 0, steps: [{ kind: 'split', shard: 1, at: 2 ** 29, child: 5 }] });
  const after = execute(view, plan);
  t.same(votersOf(shardOf(after, 5)), [1, 2, 3], 'the child stays with its parent');
  t.match(planned(view, { kind: 'split', shard: 1, at: 77 }).steps, [{ at: 77 }]);
});

t.test('the middle of the data, if it is known', async (t) => {
  const known = { ...sized(mebibyte).statistics, middle: 1_234 };
  t.equal(middleOf({ ...shardOf(view, 1), statistics: known }), 1_234);
  t.equal(middleOf({ ...shardOf(view, 1), statistics: { ...known, middle: 0 } }), 1);
  const narrow = { ...shardOf(view, 1), range: { start: 7, end: 9 } };
  t.equal(middleOf(narrow), 8);
  t.ok(canBeCut(narrow));
  t.notOk(canBeCut({ ...narrow, range: { start: 7, end: 8 } }));
});

t.test('a split at the border, outside, or of one hash is refused', async (t) => {
  for (const at of [0, 2 ** 30, 2 ** 31, 1.5, -1]) {
    t.match(refused(view, { kind: 'split', shard: 1, at }), {
      code: 'outside_range',
      next: `Take a hash from 1 to ${2 ** 30 - 1}, or none for the middle of the data.`,
    });
  }
  const single: ClusterView = withShard(view, 1, { range: { start: 0, end: 1 } });
  t.match(refused(single, { kind: 'split', shard: 1 }), { code: 'range_too_small' });
  t.match(refused(view, { kind: 'split', shard: 9 }), { code: 'unknown_shard' });
});

t.test('more shards than automatic splits make are warned about', async (t) => {
  const full = freshView({ nodes: nodesOf(3), shards: 64 });
  t.match(planned(full, { kind: 'split', shard: 1 }).warnings, [/There are 64 shards/]);
});

t.test('a merge brings the right one to the left one first', async (t) => {
  const plan = planned(view, merge);
  t.same(
    plan.steps.map((step) => step.kind),
    ['transfer-leader', 'move', 'move', 'merge'],
  );
  t.equal(plan.bytes, 16 * mebibyte);
  const after = execute(view, plan);
  t.equal(after.shards.length, 3);
  t.match(shardOf(after, 1), { range: { start: 0, end: 2 ** 31 }, preferredLeader: 1 });
  t.same(votersOf(shardOf(after, 1)), [1, 2, 3]);
});

t.test('its learners go, and moves keep to their zones where they can', async (t) => {
  const zoned = withNode(withNode(view, 4, { zone: 'z2' }), 5, { zone: 'z1' });
  const learner = { node: 6, replica: 9, role: 'learner' as const };
  const members = [...voters(3, 4, 5), learner];
  const steps = planned(withShard(zoned, 2, { members }), merge).steps;
  t.match(steps[0], { kind: 'remove-replica', shard: 2, node: 6 });
  const moves = steps.flatMap((step) => (step.kind === 'move' ? [[step.from, step.to]] : []));
  t.same(moves, [
    [4, 2],
    [5, 1],
  ]);
});

t.test('a merge is refused with what to do', async (t) => {
  t.match(refused(view, { ...merge, left: 2, right: 1 }), {
    code: 'not_neighbours',
    next: 'Shard 1 is the left one of the two: swap them.',
  });
  t.match(refused(view, { ...merge, right: 3 }), {
    code: 'not_neighbours',
    next: 'The right neighbour of shard 1 is shard 2.',
  });
  t.match(refused(view, { ...merge, left: 4, right: 2 }), { next: /Shard 4 is the last one/ });
  t.match(refused(view, { ...merge, left: 1, right: 1 }), { code: 'not_neighbours' });
  const pins = [{ id: 'p1', shard: 2, node: 4, kind: 'replica' as const }];
  t.match(refused({ ...view, pins }, merge), { code: 'pinned', reason: /and with it pin p1/ });
  t.match(refused(withNode(view, 1, { state: 'suspect' }), merge), { code: 'node_not_up' });
  t.match(refused(withNode(view, 1, { draining: true }), merge), { code: 'node_draining' });
  const short = withShard(view, 1, { members: voters(1, 2) });
  t.match(refused(short, merge), { code: 'below_target', next: 'Plan a repair first.' });
  t.match(refused({ ...view, busy: new Map([[2, 'j1']]) }, merge), { code: 'shard_busy' });
});
