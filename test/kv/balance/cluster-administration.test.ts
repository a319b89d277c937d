import t from 'tap';
import type { ClusterContext } from '../../../src/kv/balance/cluster-service.js';
import { ClusterWorld } from './cluster-world.js';

const context: ClusterContext = {
  ...{ requestId: 'r-1', timeoutMs: 1_000, actor: 'anna', reason: 'a test' },
};

t.test('a goal, a plan, a job, and the way back', async (t) => {
  const { service, store } = new ClusterWorld();
  const plan = await service.createPlan({ kind: 'drain', node: 3 }, context);
  t.equal(store.documents().nodes.get(3)?.draining, false, 'a plan changes nothing');
  const job = await service.executePlan(plan.id, { expectedEpoch: 1 }, context);
  t.equal(store.documents().nodes.get(3)?.draining, true);
  t.match(job, { plan: plan.id, state: 'queued', reason: 'a test' });
});

t.test('a change whose answer was lost is not made twice', async (t) => {
  const world = new ClusterWorld();
  const { store, service } = world;
  const real = store.transact.bind(store);
  store.transact = async (decide) => {
    await real(decide);
    // Written, but nobody said so: it is decided again.
    return real(decide);
  };
  const { plan, job } = (await service.undertake(
    { kind: 'move', shard: 1, from: 1, to: 4 },
    { dryRun: false },
    context,
  )) as { plan: { id: string }; job: { id: string; plan: string } };
  t.same([job.id, job.plan, plan.id], ['1', '1', '1']);
  t.equal(store.documents().jobs.size, 1);
  t.match(await service.addPin({ shard: 2, node: 1, kind: 'leader' }, context), { id: '1' });
  t.match(await service.pauseJob('1', context), { state: 'paused' });
  const introduction = {
    ...{ weight: 1, peerAddress: 'a:1', httpAddress: 'a:2', version: '1', storeId: 's' },
  };
  t.match(await service.joinNode(introduction, context), { id: 6 });
  t.match(await service.removeNode(6, context), { id: 6 });
  t.match(await service.removePin('1', context), { id: '1' });
  t.equal(await service.changeDeadAfter(50_000, context), 50_000);
  t.equal(store.documents().audit.size, 7);
});

t.test('a dry run tells what would be done, and keeps nothing', async (t) => {
  const { service, store } = new ClusterWorld();
  const goal = { kind: 'split', shard: 1 } as const;
  const answer = await service.undertake(goal, { dryRun: true }, context);
  t.match(answer, { kind: 'planned', plan: { steps: [{ action: { kind: 'split' } }] } });
  t.same(store.written, []);
  await t.rejects(
    service.undertake({ kind: 'move', shard: 9, from: 1, to: 2 }, { dryRun: true }, context),
    {
      code: 'plan_refused',
    },
  );
});

t.test('why and how even', async (t) => {
  const { service } = new ClusterWorld();
  t.match(service.explain({ shard: 1, node: 4 }), { shard: 1, nodes: [{ node: 4 }] });
  t.throws(() => service.explain({ shard: 9 }), { code: 'plan_refused' });
  const { nodes, epoch } = service.balance();
  t.same([epoch, nodes.length], [1, 5]);
  t.match(service.status(), { cluster: 'test' });
  t.equal(typeof service.nowMs(), 'number');
});

t.test('the rest of what operators ask for', async (t) => {
  const world = new ClusterWorld();
  const { service, store } = world;
  let changes = 0;
  const end = service.onChange(() => {
    changes += 1;
  });
  await service.undertake({ kind: 'move', shard: 1, from: 1, to: 4 }, { dryRun: false }, context);
  t.match(await service.throttleJob('1', { maxPerNode: 1 }, context), {
    limits: { maxPerNode: 1 },
  });
  const driver = world.driver(1);
  await world.run();
  driver.stop();
  const back = await service.createRollbackPlan('1', context);
  t.match(back, { goal: { kind: 'rollback', job: '1' }, id: '2' });
  await t.rejects(service.createRollbackPlan('7', context), { code: 'job_not_found' });
  await t.rejects(service.cancelJob('1', context), { code: 'job_ended' });
  await t.rejects(service.resumeJob('1', context), { code: 'job_ended' });
  t.match(await service.changeNode(5, { weight: 2 }, context), { weight: 2 });
  t.match(await service.undrainNode(5, context), { draining: false });
  t.match(await service.changeBalancer({ enabled: false }, context), { enabled: false });
  t.equal(store.documents().settings.balancer.enabled, false);
  t.ok(changes > 5);
  end();
});
