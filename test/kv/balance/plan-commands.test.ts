import t from 'tap';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import { placementView } from '../../../src/kv/balance/placement-view.js';
import type { Goal } from '../../../src/kv/balance/plan.js';
import {
  keepPlan,
  planDocument,
  planFrom,
  refusalError,
} from '../../../src/kv/balance/plan-commands.js';
import { planStepsMax } from '../../../src/kv/balance/plan-document.js';
import { authorOf, JobsWorld } from './jobs-world.js';

function draftOf(world: JobsWorld, goal: Goal) {
  return planFrom(makePlan(placementView(world.store.documents(), 1_000), goal));
}

function newWorld(): JobsWorld {
  const world = new JobsWorld();
  for (const shard of [1, 2, 3]) world.shard(shard, [1, 2, 3]);
  return world;
}

t.test('a plan is kept as it was made, by whom and why, once for a key', async (t) => {
  const world = newWorld();
  const goal: Goal = { kind: 'move', shard: 1, from: 1, to: 4 };
  const idempotency = { key: 'k', fingerprint: 'f' };
  const keep = () =>
    world.store.transact((documents) =>
      keepPlan(documents, () => draftOf(world, goal), authorOf({ reason: 'r', idempotency })),
    );
  const plan = await keep();
  t.match(plan, { id: '1', goal, actor: 'anna', reason: 'r', baseEpoch: 1 });
  t.match(plan.steps.at(-1), { action: goal, because: String });
  t.same(await keep(), plan);
  t.equal(world.store.documents().plans.size, 1);
  t.match([...world.store.documents().audit.values()], [{ action: 'plan.create' }]);
});

t.test('no way and nothing to do are errors that say so', async (t) => {
  const world = newWorld();
  const goal: Goal = { kind: 'move', shard: 1, from: 1, to: 9 };
  t.throws(() => draftOf(world, goal), {
    code: 'plan_refused',
    facts: { refusal: 'unknown_node' },
  });
  t.throws(() => planFrom({ kind: 'nothing', because: 'Even.', warnings: ['But.'] }), {
    ...{ code: 'nothing_to_do', message: 'Even. But.' },
  });
  const refusal = { code: 'pinned', reason: 'It is.', next: 'Unpin it.' } as const;
  t.match(refusalError(refusal), { code: 'plan_refused', message: 'It is. Unpin it.' });
});

t.test('a plan is cut to what a job may hold, and says so', async (t) => {
  const world = newWorld();
  const draft = draftOf(world, { kind: 'move', shard: 1, from: 1, to: 4 });
  const [step] = draft.steps;
  if (step === undefined) throw new Error('a step');
  const steps = Array.from({ length: planStepsMax + 3 }, () => step);
  const plan = planDocument(world.store.documents(), { ...draft, steps }, authorOf());
  t.equal(plan.steps.length, planStepsMax);
  t.match(plan.warnings.at(-1), /^3 more steps/);
});
