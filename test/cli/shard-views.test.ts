/** Of each shard whoever holds it is believed, the leader before all others. */
import t, { type Test } from 'tap';
import { nodesAnswer, type ShardView, shardsAnswer } from '../../src/cli/cluster-view.js';
import { knownShards } from '../../src/cli/shard-views.js';
import { nodesBody, shardsBody } from './fake-answers.js';
import { fakeNode, sendJson, unusedPort } from './fake-nodes.js';

const [ledHere, notHeld] = shardsAnswer.parse(shardsBody).shards as [ShardView, ShardView];
const member = (node: number) => ({
  node,
  replica: node,
  role: 'voter',
  progress: null,
  snapshot: null,
});

/** A view of the shard that node 1 holds no copy of. */
function view(epoch: number, nodes: readonly number[], replica: object | null): ShardView {
  const of = replica === null ? null : { ...ledHere.replica, ...replica };
  const members = nodes.map(member);
  return { ...notHeld, epoch: { members: epoch }, members, replica: of as ShardView['replica'] };
}

async function seen(t: Test, ...others: readonly (ShardView | undefined)[]) {
  const [own] = nodesBody.nodes;
  const nodes = others.map(async (shard, i) => {
    const url =
      shard === undefined
        ? `http://127.0.0.1:${await unusedPort()}`
        : (await fakeNode(t, (_, response) => sendJson(response, 200, { shards: [shard] }))).url;
    return { ...own, node: i + 2, self: false, http_address: url.replace('http://', '') };
  });
  const all = nodesAnswer.parse({ ...nodesBody, nodes: [own, ...(await Promise.all(nodes))] });
  const [found] = await knownShards([view(1, [1, 2, 3], null)], all, {
    cluster: { urls: ['http://127.0.0.1:1'], timeoutMs: 2_000 },
    path: '/admin/v1/shards',
    read: (_, body) => shardsAnswer.parse(JSON.parse(body.toString())).shards,
  });
  return { by: found?.seen_by, members: found?.members.map(({ node }) => node) };
}

t.test('a node without a copy is not believed, be it the one that was asked', async (t) => {
  const stranger = view(1, [1, 2, 3], null);
  const follower = view(9, [4, 5], { role: 'follower', term: 7 });
  t.same(await seen(t, stranger, follower), { by: 3, members: [4, 5] });
});

t.test(
  'the leader before whoever claims a newer configuration; of leaders the later one',
  async (t) => {
    const old = view(8, [4, 5], { role: 'leader', term: 6 });
    const leader = view(9, [5, 6], { role: 'leader', term: 7 });
    const ahead = view(10, [6, 7], { role: 'follower', term: 7 });
    t.same(await seen(t, old, leader, ahead), { by: 3, members: [5, 6] });
  },
);

t.test('without a leader: the newest configuration', async (t) => {
  const old = view(8, [4, 5], { role: 'follower', term: 7 });
  const newer = view(9, [5, 6], { role: 'candidate', term: 6 });
  t.same(await seen(t, old, newer), { by: 3, members: [5, 6] });
});

t.test('nobody who holds it can be asked: nothing is claimed', async (t) => {
  t.match(await seen(t, undefined, view(1, [1, 2, 3], null)), { by: null });
});
