import t from 'tap';
import { Draft, withIntents } from '../../../src/kv/balance/draft.js';
import {
  freshView,
  mebibyte,
  nodesOf,
  shardOf,
  sized,
  voters,
  withNode,
  withShard,
} from './views.js';

const view = withShard(freshView({ nodes: nodesOf(5), shards: 4 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
  ...sized(64 * mebibyte),
});

t.test('loads and leaders follow the steps', async (t) => {
  const draft = new Draft(view);
  const cost = draft.model.costs.of(shardOf(view, 1));
  const [from, to] = [draft.load(1), draft.load(5)];
  const [leads, led] = [draft.leading(1), draft.leading(5)];
  draft.push({ kind: 'move', shard: 1, from: 1, to: 5 }, 'It was asked for.');
  t.ok(Math.abs(draft.load(1) - (from - cost)) < 1e-9);
  t.ok(Math.abs(draft.load(5) - (to + cost)) < 1e-9);
  const leading = draft.model.costs.leading(shardOf(view, 1));
  t.ok(Math.abs(draft.leading(1) - (leads - leading)) < 1e-9);
  t.ok(Math.abs(draft.leading(5) - (led + leading)) < 1e-9);
  t.same(
    shardOf(draft.after(), 1).members.map((member) => member.node),
    [2, 3, 5],
  );
  t.same(shardOf(view, 1).members, voters(1, 2, 3), 'the view is as it was');
});

t.test('bytes are those of new replicas alone', async (t) => {
  const draft = new Draft(view);
  draft.push({ kind: 'add-replica', shard: 1, node: 4, role: 'learner' }, 'a');
  draft.push({ kind: 'add-replica', shard: 1, node: 4, role: 'voter' }, 'b');
  draft.push({ kind: 'transfer-leader', shard: 1, to: 2 }, 'c');
  t.same(
    draft.steps.map((step) => step.bytes),
    [64 * mebibyte, 0, 0],
  );
});

t.test('the least voters that are up are remembered', async (t) => {
  const draft = new Draft(withNode(view, 2, { state: 'suspect' }));
  draft.push({ kind: 'add-replica', shard: 1, node: 4, role: 'voter' }, 'a');
  t.equal(draft.healthyVotersMin, 3);
  draft.push({ kind: 'remove-replica', shard: 1, node: 4 }, 'b');
  draft.push({ kind: 'add-replica', shard: 1, node: 4, role: 'voter' }, 'c');
  t.equal(draft.healthyVotersMin, 2);
});

t.test('children get numbers that were never given', async (t) => {
  const draft = new Draft(view);
  t.equal(draft.takeGroup(), 5);
  t.equal(draft.takeGroup(), 6);
  t.equal(draft.after().nextGroup, 7);
});

t.test('intents are in force before the first step', async (t) => {
  const changed = withIntents(view, [
    { kind: 'draining', node: 2 },
    { kind: 'replicas', replicas: 5 },
    { kind: 'read-replicas', shard: 3, count: 2 },
  ]);
  t.match(changed, { nodes: { 1: { draining: true } }, settings: { replicas: 5 } });
  t.equal(shardOf(changed, 3).readReplicas, 2);
  t.notOk(view.nodes[1]?.draining);
});
