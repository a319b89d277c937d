import t from 'tap';
import { startCluster } from '../cluster-harness.js';

t.test('a plan is made, read, and executed once the map allows it', async (t) => {
  const { ask, world } = await startCluster(t);
  const goal = { kind: 'drain', node: 3 };
  const created = await ask('POST', '/plans', { goal, reason: 'new disk' });
  t.match(created, {
    status: 201,
    headers: { location: '/admin/v1/plans/1', etag: '"1"' },
    json: { plan: '1', goal, reason: 'new disk', base_epoch: 1, executable: true },
  });
  t.same(world.store.written, ['plans/1', 'audit/1'], 'nothing else');
  t.match(await ask('GET', '/plans/1'), { headers: { etag: '"1"' }, json: created.json });
  t.match(await ask('GET', '/plans'), { json: { plans: [{ plan: '1' }] } });
  const stale = await ask('POST', '/plans/1/execute', undefined, { 'if-match': '"9"' });
  t.match(stale, { status: 412, json: { code: 'stale_plan', current_epoch: 1 } });
  const limits = { max_bytes_per_s: 5, max_per_node: 1 };
  const begun = await ask('POST', '/plans/1/execute', { limits }, { 'if-match': '"1"' });
  t.match(begun, { status: 202, headers: { location: '/admin/v1/jobs/1' }, json: { limits } });
  const twice = await ask('POST', '/plans/1/execute');
  t.match(twice, { status: 409, json: { code: 'shard_busy', detail: /Job 1 holds/ } });
  world.store.put('map', { epoch: 2, nextGroup: 100 });
  const moved = await ask('POST', '/plans/1/execute');
  t.match(moved, { status: 412, json: { code: 'stale_plan', current_epoch: 2 } });
});

t.test('wrong requests get the reason and the next thing to do', async (t) => {
  const { ask, world } = await startCluster(t);
  const refused: readonly (readonly [object, number, object])[] = [
    [{ goal: { kind: 'drain', node: 9 } }, 409, { refusal: 'unknown_node' }],
    [{ goal: { kind: 'split', shard: 1, at: 1_000 } }, 409, { refusal: 'outside_range' }],
    [{ goal: { kind: 'merge', left: 1, right: 3 } }, 409, { refusal: 'not_neighbours' }],
    [{ goal: { kind: 'replication', replicas: 2 } }, 400, { code: 'invalid_body' }],
    [{ goal: { kind: 'sideways' } }, 400, { code: 'invalid_body' }],
    [{}, 400, { code: 'invalid_body', parameter: 'goal' }],
    [{ goal: { kind: 'zone-spread' } }, 409, { code: 'nothing_to_do' }],
  ];
  for (const [body, status, json] of refused) {
    t.match(await ask('POST', '/plans', body), { status, json }, JSON.stringify(body));
  }
  t.match(await ask('GET', '/plans/7'), { status: 404, json: { code: 'plan_not_found' } });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  t.match(await ask('POST', '/plans', { goal: 1 }, form), { status: 415 });
  t.same(world.store.written, []);
});
