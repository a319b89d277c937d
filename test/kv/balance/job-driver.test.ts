import t from 'tap';
import { cancelJob, pauseJob, resumeJob } from '../../../src/kv/balance/job-commands.js';
import { isUnderWay } from '../../../src/kv/balance/job-document.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { KvError } from '../../../src/kv/errors.js';
import { nodeDocument } from './fake-documents.js';
import { authorOf, JobsWorld } from './jobs-world.js';

const move = (shard: number, from = 1, to = 4): StepAction => ({ kind: 'move', shard, from, to });

function worldOf(shards: number): JobsWorld {
  const world = new JobsWorld();
  for (let shard = 1; shard <= shards; shard += 1) world.shard(shard, [1, 2, 3]);
  return world;
}

const change = (world: JobsWorld, decide: typeof pauseJob) =>
  world.store.transact((documents) => decide(documents, '1', authorOf()));

t.test('the states of a step are seen in their order', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  const seen: string[] = [];
  world.store.onChange(() => {
    const [step] = world.job().steps;
    if (step !== undefined && step.state !== seen.at(-1)) seen.push(step.state);
  });
  const driver = world.driver(1);
  await world.run();
  const way = ['adding_learner', 'catching_up', 'promoting', 'moving_leader', 'removing_old'];
  t.same(seen, ['waiting', ...way, 'done']);
  t.equal(world.job().steps[0]?.bytesDone, 1_000);
  driver.stop();
});

t.test('no more at a time than allowed, at any moment', async (t) => {
  const world = worldOf(6);
  await world.begin(
    [1, 2, 3, 4, 5, 6].map((shard) => move(shard)),
    { maxPerNode: 2 },
  );
  let most = 0;
  let extra = 0;
  world.store.onChange(() => {
    most = Math.max(most, world.job().steps.filter(isUnderWay).length);
  });
  const driver = world.driver(1);
  await world.run(() => {
    for (const id of world.cluster.shards.keys()) {
      extra = Math.max(extra, world.cluster.voters(id).length);
      t.ok(world.cluster.voters(id).length >= 3, 'never less than three voters');
    }
    return world.job().endedMs !== undefined;
  });
  t.equal(world.job().state, 'succeeded');
  t.same([most, extra], [2, 4]);
  driver.stop();
});

t.test('a paused job asks for nothing, and goes on where it stood', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  const driver = world.driver(1);
  await world.run(() => world.cluster.learners(1).length > 0);
  await change(world, pauseJob);
  const asked = world.cluster.requests.length;
  await world.pass(10_000);
  t.equal(world.cluster.requests.length, asked);
  t.match(world.job(), { state: 'paused', steps: [{ endedMs: undefined }] });
  await change(world, resumeJob);
  await world.run();
  t.equal(world.job().state, 'succeeded');
  t.same(world.cluster.voters(1), [2, 3, 4]);
  driver.stop();
});

t.test('a cancelled job takes back what it brought and begins nothing', async (t) => {
  const world = worldOf(3);
  await world.begin([move(1), move(2), move(3)], { maxConcurrent: 1 });
  const driver = world.driver(1);
  await world.run(() => world.cluster.learners(1).length > 0);
  await change(world, cancelJob);
  await world.run();
  t.match(world.job(), { state: 'cancelled', because: 'Cancelled by anna.' });
  t.same(
    world.job().steps.map(({ state }) => state),
    ['cancelled', 'cancelled', 'cancelled'],
  );
  for (const id of [1, 2, 3]) {
    t.same([world.cluster.voters(id), world.cluster.learners(id)], [[1, 2, 3], []]);
  }
  t.same(world.cluster.effects, ['add 4 in 1', 'remove 4 in 1']);
  driver.stop();
});

t.test('a cancelled job whose new replica votes is one voter more for no longer', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  const driver = world.driver(1);
  await world.run(() => world.cluster.voters(1).includes(4));
  await change(world, cancelJob);
  await world.run();
  t.match(world.job(), { state: 'cancelled', steps: [{ state: 'done' }] });
  t.same(world.cluster.voters(1), [2, 3, 4]);
  driver.stop();
});

t.test('a step whose node dies fails, and what it began is undone first', async (t) => {
  const world = worldOf(2);
  await world.begin([move(1), move(2)], { maxConcurrent: 1 });
  const driver = world.driver(1);
  await world.run(() => world.cluster.learners(1).length > 0);
  world.cluster.away.add(4);
  world.store.put('nodes/4', nodeDocument(4, { state: 'dead' }));
  await world.run();
  t.match(world.job(), {
    state: 'failed',
    because: /Step 1: Node 4 is dead/,
    steps: [{ state: 'failed', because: /dead/ }, { state: 'cancelled' }],
  });
  t.same([world.cluster.voters(1), world.cluster.learners(1)], [[1, 2, 3], []]);
  driver.stop();
});

t.test('what is refused is asked again, ever more slowly, and says why', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  world.cluster.refusal = () => new KvError('quorum_at_risk', {}, 'Node 3 is away.');
  const driver = world.driver(1);
  await world.pass(60_000);
  const asked = world.cluster.requests.length;
  t.ok(asked > 5 && asked < 14, `${asked} times in a minute`);
  t.match(world.job(), { state: 'running', steps: [{ because: 'Node 3 is away.' }] });
  world.cluster.refusal = undefined;
  await world.run();
  t.equal(world.job().state, 'succeeded');
  driver.stop();
});

t.test('what can never be is not asked again', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  world.cluster.refusal = () => new KvError('node_not_found', {}, 'There is no node 4.');
  const driver = world.driver(1);
  await world.run();
  t.match(world.job(), { state: 'failed', because: /There is no node 4/ });
  t.equal(world.cluster.requests.length, 1);
  driver.stop();
});

t.test('a shard without a leader is waited for', async (t) => {
  const world = worldOf(1);
  world.cluster.leaderless.add(1);
  await world.begin([move(1)]);
  const driver = world.driver(1);
  await world.pass(3_000);
  t.match(world.job().steps[0], { state: 'waiting', because: /Nobody is known to lead/ });
  world.cluster.leaderless.delete(1);
  await world.run();
  t.equal(world.job().state, 'succeeded');
  driver.stop();
});

t.test('two drivers at once do everything once', async (t) => {
  const world = worldOf(3);
  await world.begin([move(1), move(2), move(3)]);
  const drivers = [world.driver(1), world.driver(2)];
  await world.run();
  t.equal(world.job().state, 'succeeded');
  const effects = world.cluster.effects.filter((effect) => !effect.startsWith('transfer'));
  t.equal(effects.length, new Set(effects).size);
  for (const id of [1, 2, 3]) t.same(world.cluster.voters(id), [2, 3, 4]);
  for (const driver of drivers) driver.stop();
});

t.test('without the meta group nothing is begun; with it the job goes on', async (t) => {
  const world = worldOf(1);
  await world.begin([move(1)]);
  const driver = world.driver(1);
  world.store.meanwhile = () => {
    throw new KvError('no_leader', {}, 'The meta group has no leader.');
  };
  await world.pass(3_000);
  t.same(world.cluster.requests, []);
  t.match(world.warnings[0], { reason: 'The meta group has no leader.' });
  world.store.meanwhile = undefined;
  await world.run();
  t.equal(world.job().state, 'succeeded');
  driver.stop();
});

t.test('nothing ticks without a job, nor after the driver was stopped', async (t) => {
  const world = worldOf(1);
  const driver = world.driver(1);
  t.equal(world.clock.timers, 0);
  await world.begin([move(1)]);
  t.equal(world.clock.timers, 1);
  driver.stop();
  t.equal(world.clock.timers, 0);
  t.notOk(driver.running);
  driver.look();
  await world.pass(1_000);
  t.same(world.cluster.requests, []);
});
