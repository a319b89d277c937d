import t from 'tap';
import { startServer } from '../harness.js';

t.test('livez', async (t) => {
  const server = await startServer(t);
  t.match(await server.request('GET', '/livez'), {
    status: 200,
    json: { status: 'live', node: 1 },
  });
  server.service.failure = new Error('the disk is gone');
  const failed = await server.request('GET', '/livez');
  t.match(failed, { status: 503, json: { status: 'failed', detail: 'the disk is gone' } });
});

t.test(
  'readyz is short, with verbose it lists the checks, and names shards without majority',
  async (t) => {
    const server = await startServer(t);
    const ready = await server.request('GET', '/readyz');
    t.same(ready.json, { status: 'ready', node: 1, failing: [], shards_without_majority: [] });
    server.service.checks = [
      { name: 'disk', ok: true, detail: 'ok' },
      { name: 'shards', ok: false, detail: '2 shards have no majority' },
    ];
    server.service.leaderless = true;
    const short = await server.request('GET', '/readyz');
    t.equal(short.status, 503);
    t.same(short.json, {
      status: 'not_ready',
      node: 1,
      failing: ['shards'],
      shards_without_majority: [1],
    });
    for (const query of ['verbose', 'verbose=', 'verbose=true']) {
      const verbose = await server.request('GET', `/readyz?${query}`);
      t.same(verbose.json.checks, server.service.checks, query);
    }
    t.equal((await server.request('GET', '/readyz?verbose=false')).json.checks, undefined);
  },
);
