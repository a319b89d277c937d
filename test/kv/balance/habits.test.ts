import t from 'tap';
import { nextHabit } from '../../../src/kv/balance/habits.js';
import { makePlan, makeStandingPlan } from '../../../src/kv/balance/make-plan.js';
import { nodeDocument, settings } from './fake-documents.js';
import { JobsWorld, jobOf } from './jobs-world.js';

const planner = { plan: makePlan, standing: makeStandingPlan };

/** Even enough that nothing has to be done. */
function evenWorld(): JobsWorld {
  const world = new JobsWorld([1, 2, 3, 4]);
  const trios = [
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 1],
    [4, 1, 2],
  ] as const;
  for (const [at, nodes] of trios.entries()) world.shard(at + 1, nodes);
  return world;
}

const habit = (world: JobsWorld, nowMs = 1_000_000) =>
  nextHabit(world.store.documents(), planner, nowMs);

t.test('with nothing to do it rests, and says why', async (t) => {
  t.match(habit(evenWorld()), { kind: 'rest', why: String });
});

t.test('what a dead node held is rebuilt, also when the balancer is off', async (t) => {
  const world = evenWorld();
  const balancer = { ...settings.balancer, enabled: false };
  world.store.put('settings', { ...settings, balancer });
  world.store.put('nodes/4', nodeDocument(4, { state: 'suspect', stateSinceMs: 100_000 }));
  t.match(habit(world, 800_000), { kind: 'rest' }, 'it may come back');
  world.store.put('nodes/4', nodeDocument(4, { state: 'dead', stateSinceMs: 700_000 }));
  const lost = habit(world, 800_000);
  t.match(lost, { kind: 'begin', origin: 'repair', plan: { goal: { kind: 'repair' } } });
  const busy = { ...jobOf([{ kind: 'move', shard: 2, from: 4, to: 1 }]), origin: 'repair' };
  world.store.put('jobs/1', busy);
  t.match(habit(world, 800_000), { kind: 'rest' }, 'one repair at a time');
  world.store.put('nodes/4', nodeDocument(4));
  t.match(habit(world, 800_000), { kind: 'give-up', job: '1', why: 'Node 4 is back.' });
});

t.test('a node that is to be empty is emptied until it is, or until it is not to be', async (t) => {
  const world = evenWorld();
  world.store.put('nodes/4', nodeDocument(4, { draining: true }));
  const drain = { kind: 'drain', node: 4 } as const;
  t.match(habit(world), { kind: 'begin', origin: 'drain', plan: { goal: drain } });
  const job = { ...jobOf([{ kind: 'move', shard: 2, from: 4, to: 1 }]), goal: drain };
  world.store.put('jobs/1', { ...job, origin: 'drain' });
  t.not(habit(world).kind, 'begin', 'its job is under way');
  world.store.put('nodes/4', nodeDocument(4));
  t.match(habit(world), { kind: 'give-up', job: '1' });
  world.store.put('jobs/1', job);
  t.not(habit(world).kind, 'give-up', "an operator's job is the operator's");
});

t.test('loads are evened in the hours of the balancer, one job at a time', async (t) => {
  const world = new JobsWorld([1, 2, 3, 4, 5, 6]);
  for (let shard = 1; shard <= 8; shard += 1) world.shard(shard, [1, 2, 3]);
  t.match(habit(world), { kind: 'begin', origin: 'balancer' });
  const balancer = { ...settings.balancer, enabled: false };
  world.store.put('settings', { ...settings, balancer });
  t.match(habit(world), { kind: 'rest', why: 'The balancer is off.' });
  world.store.put('settings', settings);
  world.store.put('jobs/1', jobOf([{ kind: 'transfer-leader', shard: 8, to: 2 }]));
  t.match(habit(world), { kind: 'rest', why: 'Job 1 is under way.' });
});
