import t from 'tap';
import { type ClusterView, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { findDestination, preference } from '../../../src/kv/balance/destination.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { freshView, nodesOf, shardOf, withNode } from './views.js';

const view = freshView({ nodes: nodesOf(6), shards: 24 });

function search(changed: ClusterView, leaving: number | undefined, strict = false) {
  const draft = new Draft(changed);
  return findDestination(draft, { shard: draft.shard(1), role: 'voter', leaving, strict });
}

t.test('the ring comes first', async (t) => {
  const [leaving = 0] = votersOf(shardOf(view, 1));
  const drained = withNode(view, leaving, { draining: true });
  const found = search(drained, leaving);
  const ring = new Draft(drained).target.voters(1);
  t.ok(ring.includes(found?.node ?? 0));
  t.match(found?.because, /where the ring places shard 1/);
});

t.test('then the node with most room, above its bound only out of need', async (t) => {
  const members = votersOf(shardOf(view, 1));
  const free = [1, 2, 3, 4, 5, 6].filter((node) => !members.includes(node));
  const [leaving = 0] = members;
  let tight = view;
  for (const node of free) tight = withNode(tight, node, { weight: 0.1 });
  t.equal(search(tight, leaving, true), undefined);
  const found = search(tight, leaving);
  t.ok(free.includes(found?.node ?? 0));
  t.match(found?.because, /No node below its bound is left/);
});

t.test('a zone is shared only when nothing else is left', async (t) => {
  const members = votersOf(shardOf(view, 1));
  const [leaving = 0, other = 0] = members;
  let narrow = view;
  for (const { id } of view.nodes) {
    if (!members.includes(id)) narrow = withNode(narrow, id, { zone: `z${other}` });
  }
  t.equal(search(narrow, leaving, true), undefined);
  t.match(search(narrow, leaving)?.because, /No node in a free zone is left/);
});

t.test('none when every node is away or has one', async (t) => {
  let alone = view;
  for (const { id } of view.nodes) alone = withNode(alone, id, { state: 'suspect' });
  t.equal(search(alone, undefined), undefined);
});

t.test('readers are kept off the places of voters', async (t) => {
  const draft = new Draft(view);
  const order = preference(draft, { shard: draft.shard(1), role: 'learner', strict: false });
  t.same(order.slice(-3), [...draft.target.voters(1)]);
  t.equal(order.length, 6);
});
