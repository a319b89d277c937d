import t from 'tap';
import {
  beginJob,
  cancelJob,
  executePlan,
  pauseJob,
  repeatedIn,
  resumeJob,
  throttleJob,
} from '../../../src/kv/balance/job-commands.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import type { PlanDocument } from '../../../src/kv/balance/plan-document.js';
import { authorOf, JobsWorld, jobOf, planOf } from './jobs-world.js';

const move: StepAction = { kind: 'move', shard: 1, from: 1, to: 4 };

function worldWith(plan: Partial<PlanDocument> = {}, actions: readonly StepAction[] = [move]) {
  const world = new JobsWorld();
  world.shard(1, [1, 2, 3]);
  world.store.put('plans/1', planOf(actions, plan));
  return world;
}

const execute = (world: JobsWorld, more: Parameters<typeof authorOf>[0] = {}) =>
  world.store.transact((documents) => executePlan(documents, { plan: '1' }, authorOf(more)));

t.test('a plan becomes a job that holds its shards, and an entry in the log', async (t) => {
  const world = worldWith();
  const job = await execute(world);
  t.match(job, { id: '1', plan: '1', state: 'queued', limits: { maxConcurrent: 4 } });
  t.match(job.steps, [{ action: move, state: 'waiting', bytes: 1_000 }]);
  t.match(world.store.documents().audit.get(1), { action: 'job.begin', subject: 'jobs/1' });
  await t.rejects(execute(world), { code: 'shard_busy', message: /Job 1 holds shard 1/ });
});

t.test('a plan that is not right any more is not executed, and changes nothing', async (t) => {
  const cases: readonly (readonly [Partial<PlanDocument>, string, RegExp])[] = [
    [{ baseEpoch: 7 }, 'stale_plan', /made for epoch 7 of the map; it is 1 now/],
    [{ expiresAtMs: 1_000 }, 'stale_plan', /expired/],
    [{ steps: [] }, 'nothing_to_do', /no steps/],
  ];
  for (const [plan, code, message] of cases) {
    const world = worldWith(plan);
    await t.rejects(execute(world), { code, message });
    t.same(world.store.written, []);
  }
  const given: StepAction = { kind: 'split', shard: 1, at: 500, child: 99 };
  await t.rejects(execute(worldWith({}, [given])), { code: 'stale_plan' }, 'its child is born');
  const other = { plan: '1', expectedEpoch: 3 };
  const world = worldWith();
  await t.rejects(
    world.store.transact((documents) => executePlan(documents, other, authorOf())),
    { code: 'stale_plan', facts: { currentEpoch: 1 } },
  );
  await t.rejects(
    world.store.transact((documents) => executePlan(documents, { plan: '8' }, authorOf())),
    { code: 'plan_not_found' },
  );
});

t.test('what the plan wants otherwise is written with the job', async (t) => {
  const actions: StepAction[] = [{ kind: 'split', shard: 1, at: 500, child: 100 }];
  const world = worldWith(
    {
      intents: [
        { kind: 'draining', node: 2 },
        { kind: 'replicas', replicas: 5 },
        { kind: 'read-replicas', shard: 1, count: 2 },
      ],
    },
    actions,
  );
  await execute(world);
  const { nodes, settings, shards, map } = world.store.documents();
  t.equal(nodes.get(2)?.draining, true);
  t.equal(settings.replicas, 5);
  t.equal(shards.get(1)?.readReplicas, 2);
  t.same(map, { epoch: 2, nextGroup: 101 }, 'the child is taken, the shard has changed');
});

t.test('a plan that only wants something is done at once', async (t) => {
  const world = worldWith({ intents: [{ kind: 'draining', node: 5 }], steps: [] });
  t.match(await execute(world), { state: 'succeeded', steps: [] });
  t.equal(world.store.documents().nodes.get(5)?.draining, true);
});

t.test('the same request again finds the same job', async (t) => {
  const world = worldWith();
  const idempotency = { key: 'k', fingerprint: 'f' };
  const job = await execute(world, { idempotency });
  world.store.put('map', { epoch: 9, nextGroup: 100 });
  t.same(await execute(world, { idempotency }), job, 'although the map has moved on');
  t.equal(world.store.documents().jobs.size, 1);
  const other = { key: 'k', fingerprint: 'g' };
  await t.rejects(execute(world, { idempotency: other }), { code: 'idempotency_key_reused' });
  t.equal(repeatedIn(world.store.documents().jobs, authorOf()), undefined);
});

t.test('pause, resume, throttle, cancel', async (t) => {
  const world = worldWith();
  await execute(world);
  const change = (decide: typeof pauseJob) =>
    world.store.transact((documents) => decide(documents, '1', authorOf({ reason: 'why' })));
  t.match(await change(pauseJob), { state: 'paused', because: 'why' });
  t.match(await change(resumeJob), { state: 'queued' }, 'it had not begun');
  t.match(await change(resumeJob), { state: 'queued' }, 'nothing to do');
  const slow = await world.store.transact((documents) =>
    throttleJob(documents, '1', { maxBytesPerSecond: 5 }, authorOf()),
  );
  t.match(slow.limits, { maxBytesPerSecond: 5, maxConcurrent: 4 });
  world.store.put('jobs/1', { ...world.job(), startedMs: 1, state: 'paused' });
  t.match(await change(resumeJob), { state: 'running' });
  t.match(await change(cancelJob), { state: 'cancelled', because: 'why' });
  await t.rejects(change(pauseJob), { code: 'job_ended', message: /is cancelled/ });
  await t.rejects(
    world.store.transact((documents) => pauseJob(documents, '9', authorOf())),
    { code: 'job_not_found' },
  );
  const actions = [...world.store.documents().audit.values()].map(({ action }) => action);
  t.same(actions, [
    'job.begin',
    'job.pause',
    'job.resume',
    'job.throttle',
    'job.resume',
    'job.cancel',
  ]);
});

t.test('a job that is about to end cannot be paused', async (t) => {
  const world = worldWith();
  const stop = { as: 'failed', because: 'broken' } as const;
  world.store.put('jobs/1', { ...jobOf(1), stop });
  await t.rejects(
    world.store.transact((documents) => pauseJob(documents, '1', authorOf())),
    { code: 'job_ended', message: /broken/ },
  );
  const cancelled = world.store.transact((documents) => cancelJob(documents, '1', authorOf()));
  t.match(await cancelled, { stop }, 'it goes on ending');
});

t.test('a plan of its own is kept with the job', async (t) => {
  const world = worldWith();
  const plan = planOf([move], { id: '2' });
  await world.store.transact((documents) =>
    beginJob(documents, plan, { planIsNew: true, limits: { maxPerNode: 1 } }, authorOf()),
  );
  t.ok(world.store.documents().plans.has('2'));
  t.match(world.job().limits, { maxPerNode: 1, maxConcurrent: 4 });
});
