import t from 'tap';
import { startCluster } from '../cluster-harness.js';

const newcomer = {
  ...{ peer_address: '10.0.0.9:9401', http_address: '10.0.0.9:8401' },
  ...{ version: '1.0.0', store_id: 'folder-9', weight: 2 },
};

t.test('a node joins, changes and leaves', async (t) => {
  const { ask, world } = await startCluster(t);
  const joined = await ask('POST', '/nodes', newcomer);
  t.match(joined, {
    status: 201,
    json: { node_id: 6, cluster_id: 'test', bootstrap_digest: 'abc', format: 2 },
  });
  t.equal((joined.json['nodes'] as unknown[]).length, 6);
  t.match(await ask('POST', '/nodes', newcomer), { json: { node_id: 6 } }, 'the same again');
  t.match(await ask('GET', '/nodes/6'), { json: { node: 6, zone: '6', weight: 2, shards: 0 } });
  const change = { zone: 'b', weight: 3, peer_address: 'x:1', http_address: 'x:2', reason: 'r' };
  t.match(await ask('PATCH', '/nodes/6', change), { status: 200, json: { zone: 'b', weight: 3 } });
  t.match(world.store.documents().nodes.get(6), { peerAddress: 'x:1', httpAddress: 'x:2' });
  t.match(await ask('DELETE', '/nodes/6'), { status: 200, json: { node: 6 } });
  t.match(await ask('GET', '/nodes/6'), { status: 404, json: { code: 'node_not_found' } });
  t.match(await ask('DELETE', '/nodes/1'), { status: 409, json: { code: 'node_in_use' } });
});

t.test('a drain: first what would be done, then the job, then it is called off', async (t) => {
  const { ask, world } = await startCluster(t);
  const dry = await ask('POST', '/nodes/3/drain?dry_run=true');
  t.match(dry, { status: 200, json: { dry_run: true, job: null, plan: { steps: [] } } });
  t.same(world.store.written, []);
  const begun = await ask('POST', '/nodes/3/drain', { reason: 'new disk' });
  t.match(begun, { status: 202, headers: { location: '/admin/v1/jobs/1' } });
  t.match(begun.json, { dry_run: false, job: { job: '1', reason: 'new disk', state: 'queued' } });
  t.equal(world.store.documents().nodes.get(3)?.draining, true);
  const driver = world.driver(1);
  await world.run();
  driver.stop();
  t.match(await ask('GET', '/nodes/3'), { json: { draining: true, shards: 0 } });
  t.match(await ask('POST', '/nodes/3/undrain'), { status: 200, json: { draining: false } });
  t.match(await ask('POST', '/nodes/99/drain'), {
    status: 409,
    json: { code: 'plan_refused', refusal: 'unknown_node', detail: /List the nodes/ },
  });
});
