import t from 'tap';
import { startServer } from '../harness.js';

t.test('shards', async (t) => {
  const server = await startServer(t);
  const all = await server.request('GET', '/admin/v1/shards');
  t.match(all.json, {
    node: 1,
    shards: [
      {
        shard: 1,
        range: { start: 0, end: 2147483648 },
        leader: 1,
        members: [{ node: 1, replica: 1 }, {}, {}],
        replica: { role: 'leader', term: 3, commit: 19, applied: 17, quorum_active: true },
      },
      { shard: 2, range: { end: 4294967296 }, leader: 2, replica: null },
    ],
  });
  const one = await server.request('GET', '/admin/v1/shards/1');
  t.same(one.json, (all.json.shards as unknown[])[0]);
  server.service.leaderless = true;
  t.equal((await server.request('GET', '/admin/v1/shards/2')).json.leader, null);
  for (const id of ['3', '01', 'x', '-1', '1.0']) {
    const missing = await server.request('GET', `/admin/v1/shards/${id}`);
    t.match(missing, { status: 404, json: { code: 'shard_not_found' } }, id);
  }
});

t.test('nodes', async (t) => {
  const server = await startServer(t);
  const { json } = await server.request('GET', '/admin/v1/nodes');
  t.match(json, {
    node: 1,
    cluster: 'test',
    nodes: [
      { node: 1, self: true, http_address: '127.0.0.1:8401', last_error: null },
      {
        node: 2,
        self: false,
        http_address: null,
        connected: false,
        last_error: 'connection refused',
      },
    ],
  });
});
