import t from 'tap';
import type { ClusterView, ViewShard } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import { fitSizes } from '../../../src/kv/balance/sizes.js';
import {
  execute,
  freshView,
  mebibyte,
  minute,
  nodesOf,
  now,
  planned,
  sized,
  withNode,
  withShard,
} from './views.js';

const goal = { kind: 'sizes' } as const;
const view = measured(freshView({ nodes: nodesOf(5), shards: 16 }), sized(200 * mebibyte, 500));

function measured(base: ClusterView, changes: Partial<ViewShard>): ClusterView {
  return { ...base, shards: base.shards.map((shard) => ({ ...shard, ...changes })) };
}

function actions(changed: ClusterView): string[] {
  const draft = new Draft(changed);
  fitSizes(draft);
  return draft.steps.flatMap((step) => {
    if (step.kind === 'split') return [`split ${step.shard}`];
    return step.kind === 'merge' ? [`merge ${step.left} ${step.right}`] : [];
  });
}

t.test('large and busy shards are split', async (t) => {
  t.same(actions(view), []);
  t.same(actions(withShard(view, 3, sized(1_100 * mebibyte))), ['split 3']);
  t.same(actions(withShard(view, 4, sized(mebibyte, 6_000))), ['split 4']);
  const plan = planned(withShard(view, 3, sized(1_100 * mebibyte)), goal);
  t.match(plan.steps[0]?.because, /holds 1153433600 bytes; above 1073741824/);
});

t.test('what a split leaves is not merged again, whatever the settings say', async (t) => {
  const { balancer } = view.settings;
  const eager = { ...balancer.autoMerge, bytes: 2 ** 50, requestsPerSecond: 1e9, quietMs: 0 };
  const settings = { ...view.settings, balancer: { ...balancer, autoMerge: eager } };
  const large = {
    ...withShard(measured(view, sized(600 * mebibyte)), 3, sized(1_100 * mebibyte)),
    settings,
  };
  const after = execute(large, planned(large, goal));
  t.same(actions(after), []);
});

t.test('tiny, quiet neighbours are merged in pairs, down to the least number', async (t) => {
  const tiny = measured(view, sized(mebibyte, 1));
  const merges = actions(tiny);
  t.equal(merges.length, 8, 'pairs only, and not below 8 shards');
  t.equal(merges[0], 'merge 1 2');
  const nine = measured(freshView({ nodes: nodesOf(3), shards: 9 }), sized(mebibyte));
  t.equal(actions(nine).length, 1);
  const eight = measured(freshView({ nodes: nodesOf(3), shards: 8 }), sized(mebibyte));
  t.same(actions(eight), []);
});

t.test('a range that changed a while ago is left alone', async (t) => {
  const tiny = measured(view, sized(mebibyte));
  t.same(actions(measured(tiny, { rangeSinceMs: now - 59 * minute })), []);
  t.equal(actions(measured(tiny, { rangeSinceMs: now - 61 * minute })).length, 8);
});

t.test('what was never measured is left alone', async (t) => {
  t.same(actions(freshView({ nodes: nodesOf(5), shards: 16 })), []);
});

t.test('pins, jobs and nodes that are away stand against it', async (t) => {
  const two = withShard(withShard(view, 5, sized(mebibyte)), 6, sized(mebibyte));
  t.same(actions(two), ['merge 5 6']);
  const pins = [{ id: 'p1', shard: 6, node: 1, kind: 'replica' as const }];
  t.same(actions({ ...two, pins }), []);
  t.same(actions({ ...two, busy: new Map([[5, 'j1']]) }), []);
  const holder = two.shards[4]?.members[0]?.node ?? 0;
  t.same(actions(withNode(two, holder, { state: 'suspect' })), []);
  const large = withShard(view, 3, sized(1_100 * mebibyte));
  t.match(makePlan({ ...large, busy: new Map([[3, 'j1']]) }, goal), {
    kind: 'nothing',
    warnings: ['Shard 3 should be split and is not: Job j1 holds the shard.'],
  });
});

t.test('one hash cannot be split, and there is an end to splits', async (t) => {
  const hot = withShard(view, 1, { range: { start: 0, end: 1 }, ...sized(mebibyte, 9_000) });
  const draft = new Draft(hot);
  fitSizes(draft);
  t.match(draft.warnings, [/single hash. Spread its keys/]);
  const many = measured(freshView({ nodes: nodesOf(5), shards: 63 }), sized(2_000 * mebibyte));
  t.same(actions(many), ['split 1']);
});

t.test('each can be switched off', async (t) => {
  const { balancer } = view.settings;
  const off = (which: 'autoSplit' | 'autoMerge') => ({
    ...withShard(measured(view, sized(mebibyte)), 3, sized(1_100 * mebibyte)),
    settings: {
      ...view.settings,
      balancer: { ...balancer, [which]: { ...balancer[which], enabled: false } },
    },
  });
  t.ok(actions(off('autoSplit')).every((action) => action.startsWith('merge')));
  t.same(actions(off('autoMerge')), ['split 3']);
});
