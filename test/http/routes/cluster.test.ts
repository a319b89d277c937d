import t from 'tap';
import { startCluster } from '../cluster-harness.js';
import { startServer } from '../harness.js';

t.test('the cluster, how even it is, and why', async (t) => {
  const { ask, world } = await startCluster(t);
  const cluster = await ask('GET', '/cluster');
  t.match(cluster, { status: 200, headers: { etag: '"1"' }, json: { cluster_id: 'test' } });
  const changed = await ask('PATCH', '/cluster', { dead_after_ms: 90_000, reason: 'slow disks' });
  t.match(changed, { status: 200, json: { dead_after_ms: 90_000 } });
  t.match(await ask('GET', '/balance'), { status: 200, headers: { etag: '"1"' } });
  const why = await ask('POST', '/explain', { shard: 1, node: 4 });
  t.match(why, { status: 200, json: { shard: 1, nodes: [{ node: 4, rules: [] }] } });
  const unknown = await ask('POST', '/explain', { shard: 99 });
  t.match(unknown, { status: 409, json: { code: 'plan_refused', refusal: 'unknown_shard' } });
  t.match(await ask('GET', '/audit'), {
    json: { entries: [{ number: 1, action: 'settings.change', reason: 'slow disks' }] },
  });
  t.match(await ask('GET', '/audit?before=1'), { json: { entries: [] } });
  t.match(await ask('GET', '/audit?limit=0'), { status: 400, json: { parameter: 'limit' } });
  t.match(await ask('GET', '/cluster?x=1'), { status: 400, json: { code: 'unknown_parameter' } });
  t.equal(world.store.documents().settings.deadAfterMs, 90_000);
});

t.test('the balancer', async (t) => {
  const { ask } = await startCluster(t);
  t.match(await ask('GET', '/balancer'), { json: { enabled: true, paused_until: null } });
  const until = '2026-11-25T22:00:00Z';
  const windows = [{ from: '22:00', to: '06:00', days: ['sat'] }];
  const change = {
    ...{ enabled: false, paused_until: until, windows, max_concurrent: 1, max_per_node: 1 },
    ...{ max_bytes_per_s: 7, auto_split: { bytes: 9 }, auto_merge: { shards_min: 2 } },
  };
  const changed = await ask('PATCH', '/balancer', change);
  t.match(changed, { status: 200, json: { ...change, paused_until: '2026-11-25T22:00:00.000Z' } });
  const resumed = await ask('PATCH', '/balancer', { paused_until: null });
  t.match(resumed.json, { enabled: false, paused_until: null, auto_split: { shards_max: 100 } });
  const typo = await ask('PATCH', '/balancer', { enable: true });
  t.match(typo, { status: 400, json: { code: 'invalid_body', parameter: 'enable' } });
});

t.test('pins', async (t) => {
  const { ask } = await startCluster(t);
  const pin = { shard: 1, node: 4, kind: 'no-replica', reason: 'old disk' };
  const created = await ask('POST', '/pins', pin);
  t.match(created, { status: 201, headers: { location: '/admin/v1/pins/1' }, json: { pin: '1' } });
  t.match(await ask('GET', '/pins'), { json: { pins: [{ pin: '1', reason: 'old disk' }] } });
  t.match(await ask('DELETE', '/pins/1'), { status: 200, json: { node: 4 } });
  t.match(await ask('DELETE', '/pins/1'), { status: 404, json: { code: 'pin_not_found' } });
  t.match(await ask('DELETE', '/pins/1', {}), { status: 400, json: { code: 'unexpected_body' } });
  const foreign = await ask('DELETE', '/pins/1', undefined, { origin: 'http://evil.example' });
  t.match(foreign, { status: 403, json: { code: 'origin_not_allowed' } });
});

t.test('a node that serves no cluster says so, whatever is asked', async (t) => {
  const server = await startServer(t);
  for (const [method, path] of [
    ['GET', '/admin/v1/cluster'],
    ['POST', '/admin/v1/plans'],
    ['POST', '/admin/v1/jobs/4/cancel'],
    ['DELETE', '/admin/v1/nodes/3'],
  ] as const) {
    t.match(await server.request(method, path), { status: 501, json: { code: 'not_built' } }, path);
  }
});
