import t from 'tap';
import { startCluster } from '../cluster-harness.js';

t.test('each names a goal; a dry run is the plan alone', async (t) => {
  const { ask, world } = await startCluster(t);
  const cases: readonly (readonly [string, unknown, object])[] = [
    ['split', undefined, { kind: 'split', shard: 1 }],
    ['split', { at: 400 }, { kind: 'split', shard: 1, at: 400 }],
    ['merge', { right: 2 }, { kind: 'merge', left: 1, right: 2 }],
    ['move', { from: 1, to: 4 }, { kind: 'move', shard: 1, from: 1, to: 4 }],
    ['add-replica', { node: 5, role: 'learner' }, { kind: 'add-replica', role: 'learner' }],
  ];
  for (const [route, body, goal] of cases) {
    const answer = await ask('POST', `/shards/1/${route}?dry_run=true`, body);
    t.match(answer, { status: 200, json: { dry_run: true, plan: { goal } } }, route);
  }
  const below = await ask('POST', '/shards/1/remove-replica?dry_run=true', { node: 3 });
  t.match(below, { status: 409, json: { code: 'plan_refused' } });
  t.same(world.store.written, []);
});

t.test('without a dry run it is a job, bound to the epoch if one is given', async (t) => {
  const { ask, world } = await startCluster(t);
  const body = { from: 1, to: 4 };
  const stale = await ask('POST', '/shards/1/move', body, { 'if-match': '"7"' });
  t.match(stale, { status: 412, json: { code: 'stale_plan', current_epoch: 1 } });
  t.same(world.store.written, []);
  const begun = await ask('POST', '/shards/1/move', body, { 'if-match': '"1"' });
  t.match(begun, { status: 202, headers: { location: '/admin/v1/jobs/1' } });
  const driver = world.driver(1);
  await world.run();
  driver.stop();
  t.same(world.cluster.voters(1), [2, 3, 4]);
  const typo = await ask('POST', '/shards/1/move?dry-run=true', body);
  t.match(typo, { status: 400, json: { code: 'unknown_parameter' } });
  t.match(await ask('POST', '/shards/x/split'), { status: 404, json: { code: 'shard_not_found' } });
});
