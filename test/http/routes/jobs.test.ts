import t from 'tap';
import { ClusterWorld } from '../../kv/balance/cluster-world.js';
import { startCluster } from '../cluster-harness.js';

t.test('a job is watched, slowed down, paused, ended and undone', async (t) => {
  const { ask, world } = await startCluster(t);
  await ask('POST', '/shards/1/move', { from: 1, to: 4 });
  t.match(await ask('GET', '/jobs'), { json: { jobs: [{ job: '1', state: 'queued' }] } });
  const job = await ask('GET', '/jobs/1');
  t.match(job.json, { job: '1', steps: [{ state: 'waiting', because: String }], driver: null });
  const slow = await ask('PATCH', '/jobs/1', { max_bytes_per_s: 9 });
  t.match(slow, { status: 200, json: { limits: { max_bytes_per_s: 9 } } });
  t.match(await ask('POST', '/jobs/1/pause', { reason: 'lunch' }), { json: { state: 'paused' } });
  t.match(await ask('POST', '/jobs/1/resume'), { json: { state: 'queued' } });
  const driver = world.driver(1);
  await world.run();
  driver.stop();
  t.match(await ask('GET', '/jobs/1'), { json: { state: 'succeeded', progress: { waiting: 0 } } });
  t.match(await ask('POST', '/jobs/1/cancel'), { status: 409, json: { code: 'job_ended' } });
  const back = await ask('POST', '/jobs/1/rollback-plan');
  t.match(back, {
    status: 201,
    headers: { location: '/admin/v1/plans/2' },
    json: { goal: { kind: 'rollback', job: '1' } },
  });
  t.match(await ask('POST', '/plans/2/execute'), { status: 202, json: { job: '2' } });
  t.match(await ask('POST', '/jobs/2/cancel'), { json: { state: 'cancelled' } });
  t.match(await ask('GET', '/jobs/7'), { status: 404, json: { code: 'job_not_found' } });
  t.match(await ask('PATCH', '/jobs/7', {}), { status: 404 });
  t.match(await ask('GET', '/jobs/7/events'), { status: 404, json: { code: 'job_not_found' } });
});

t.test(
  'events: the job at once, its changes, and the end of the stream with its end',
  async (t) => {
    const { ask, world } = await startCluster(t);
    await ask('POST', '/shards/1/move', { from: 1, to: 4 });
    const stream = ask('GET', '/jobs/1/events');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const driver = world.driver(1);
    await world.run();
    driver.stop();
    const answer = await stream;
    t.match(answer.headers, { 'content-type': 'text/event-stream; charset=utf-8' });
    const events = answer.text.split('\n\n').filter((event) => event !== '');
    const states = events.map(
      (event) => JSON.parse(event.replace(/^event: job\ndata: /, '')).state,
    );
    t.equal(states[0], 'queued');
    t.ok(states.includes('running'));
    t.equal(states.at(-1), 'succeeded');
  },
);

t.test('a server that closes ends its streams', async (t) => {
  const world = new ClusterWorld();
  const { ask, server } = await startCluster(t, world);
  await ask('POST', '/shards/1/move', { from: 1, to: 4 });
  const stream = ask('GET', '/jobs/1/events');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startedMs = performance.now();
  await server.close();
  t.match((await stream).text, /"state":"queued"/);
  t.ok(performance.now() - startedMs < 8_000, 'long before connections are cut');
});
