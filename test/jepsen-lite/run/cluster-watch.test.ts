/** What nodes say of themselves: told when it is new, by whoever answers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ClusterWatch, type Leadership } from '../../../jepsen-lite/run/cluster-watch.js';
import type { NodeState } from '../../../jepsen-lite/run/node-state.js';
import { eventually } from '../../system/eventually.js';

interface Said {
  readonly role: string;
  readonly term: number;
  readonly commit: number;
  readonly voter?: boolean;
}

const until = (what: string, holds: () => boolean) => eventually(what, () => holds() || undefined);

/** A node with one replica, of shard 1; `undefined`: it is in trouble. */
async function fakeNode(t: Test, node: number, first: Said | undefined) {
  let said: Said | undefined = first;
  const server = createServer((_, response) => {
    response.statusCode = said === undefined ? 503 : 200;
    const replica = said && { voter: true, ...said };
    const shards = [{ shard: 1, epoch: { range: 3, members: 4 }, replica: replica ?? null }];
    response.end(JSON.stringify({ node, shards: said?.role === 'none' ? [] : shards }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const say = (what: Said | undefined) => {
    said = what;
  };
  return { endpoint, say };
}

t.test('changes are told once, leaders by their terms', async (t) => {
  const one = await fakeNode(t, 7, { role: 'leader', term: 2, commit: 10 });
  const two = await fakeNode(t, 8, { role: 'follower', term: 2, commit: 9, voter: false });
  const [leaders, changes]: [Leadership[], NodeState[]] = [[], []];
  const watch = new ClusterWatch([one.endpoint, two.endpoint], {
    leads: (leadership) => leaders.push(leadership),
    changed: (node) => changes.push(node),
  });
  t.teardown(() => watch.close());
  const last = (node: string) => changes.filter((change) => change.node === node).at(-1);

  await until('both have been heard', () => changes.length >= 2);
  const epoch = { range: 3, members: 4 };
  const leader = { shard: 1, role: 'leader', term: 2, commit: 10, ...epoch };
  t.same(last('n7'), { node: 'n7', answers: true, replicas: [leader] });
  t.match(last('n8'), { replicas: [{ role: 'learner' }] });
  t.match(watch.nodes, [{ node: 'n7' }, { node: 'n8' }]);
  t.same(leaders, [{ shard: 1, leader: 7, term: 2 }]);

  one.say(undefined);
  await until('its silence is told', () => last('n7')?.answers === false);
  t.equal(changes.length, 3, 'what has not changed is not told again');

  // It comes back and believes what is no longer so.
  two.say({ role: 'leader', term: 3, commit: 12 });
  one.say({ role: 'leader', term: 2, commit: 10 });
  await until('both lead', () => leaders.length > 1 && last('n7')?.answers === true);
  t.same(leaders.at(-1), { shard: 1, leader: 8, term: 3 });
  t.equal(leaders.length, 2);

  two.say({ role: 'none', term: 0, commit: 0 });
  await until('it is gone', () => last('n8')?.replicas[0]?.role === 'gone');
});
