import t from 'tap';
import { beginJob } from '../../../src/kv/balance/job-commands.js';
import { isActive, type JobDocument } from '../../../src/kv/balance/job-document.js';
import { placementView } from '../../../src/kv/balance/placement-view.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { planDocument } from '../../../src/kv/balance/plan-commands.js';
import { rollbackPlan } from '../../../src/kv/balance/rollback.js';
import { authorOf, JobsWorld } from './jobs-world.js';

const actions: readonly StepAction[] = [
  { kind: 'move', shard: 1, from: 1, to: 4 },
  { kind: 'add-replica', shard: 2, node: 5, role: 'learner' },
  { kind: 'remove-replica', shard: 3, node: 4 },
  { kind: 'transfer-leader', shard: 2, to: 3 },
  { kind: 'split', shard: 4, at: 3_500, child: 100 },
  { kind: 'merge', left: 5, right: 6 },
];

async function doneWorld(): Promise<JobsWorld> {
  const world = new JobsWorld();
  for (const shard of [1, 2, 4, 5, 6]) world.shard(shard, [1, 2, 3]);
  world.shard(3, [1, 2, 3, 4]);
  await world.begin(actions);
  const driver = world.driver(1);
  await world.run();
  t.equal(world.job().state, 'succeeded');
  driver.stop();
  return world;
}

const rollback = (world: JobsWorld, job: JobDocument = world.job()) =>
  rollbackPlan(placementView(world.store.documents(), 5_000), job);

t.test('the way back undoes the last step first, and leads back', async (t) => {
  const world = await doneWorld();
  const plan = rollback(world);
  t.match(plan, { goal: { kind: 'rollback', job: '1' }, baseEpoch: Number, warnings: [] });
  const back = plan.steps.map(({ bytes, because, ...action }) => action);
  t.same(back, [
    { kind: 'split', shard: 5, at: 5_000, child: 101 },
    { kind: 'merge', left: 4, right: 100 },
    { kind: 'transfer-leader', shard: 2, to: 1 },
    { kind: 'add-replica', shard: 3, node: 4, role: 'voter' },
    { kind: 'remove-replica', shard: 2, node: 5 },
    { kind: 'move', shard: 1, from: 4, to: 1 },
  ]);
  const author = authorOf({ nowMs: 5_000 });
  const kept = planDocument(world.store.documents(), plan, author);
  await world.store.transact((documents) => beginJob(documents, kept, { planIsNew: true }, author));
  const driver = world.driver(2);
  await world.run(() => !isActive(world.job('2')));
  t.equal(world.job('2').state, 'succeeded', world.job('2').because);
  t.same([world.cluster.voters(1), world.cluster.learners(2)], [[1, 2, 3], []]);
  t.same(world.cluster.voters(3), [1, 2, 3, 4]);
  t.same(world.cluster.shards.get(4)?.range, { start: 3_000, end: 4_000 });
  t.same(world.cluster.shards.get(5)?.range, { start: 4_000, end: 5_000 });
  driver.stop();
});

t.test('there is no way back while it runs, from nothing, or when others were there', async (t) => {
  const world = await doneWorld();
  const job = world.job();
  t.throws(() => rollback(world, { ...job, state: 'running' }), { code: 'plan_refused' });
  const nothing = job.steps.map((step) => ({ ...step, state: 'cancelled' as const }));
  t.throws(() => rollback(world, { ...job, steps: nothing }), { code: 'nothing_to_do' });
  const shard = world.store.documents().shards.get(1);
  const members = shard?.members.filter(({ node }) => node !== 4);
  world.store.put('shards/1', { ...shard, members });
  t.throws(() => rollback(world), { code: 'plan_refused', message: /no member of shard 1/ });
});

t.test('it says when it goes against a pin', async (t) => {
  const world = await doneWorld();
  const common = { actor: '', reason: '', createdAtMs: 0 };
  world.store.put('pins/1', { id: '1', shard: 1, node: 4, kind: 'replica', ...common });
  t.match(rollback(world).warnings, ['It goes against pin 1.']);
});
