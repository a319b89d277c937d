import t from 'tap';
import { pauseJob } from '../../../src/kv/balance/job-commands.js';
import { StepDriver } from '../../../src/kv/balance/step-driver.js';
import { authorOf, JobsWorld, jobOf } from './jobs-world.js';

function worldAt(more: object = {}) {
  const world = new JobsWorld();
  world.shard(1, [1, 2, 3]);
  world.store.put('jobs/1', { ...jobOf(1), driver: 1, ...more });
  const { store, cluster: control, clock } = world;
  const options = { node: 1, store, control, nowMs: () => clock.wallMs() };
  return { world, driver: new StepDriver(options, { job: '1', at: 0 }) };
}

t.test('what it is about to do is written down before it is done', async (t) => {
  const { world, driver } = worldAt();
  world.cluster.refusal = () => {
    t.match(world.job().steps[0], { state: 'adding_learner', requests: 1, requestedMs: Number });
    t.equal(typeof world.job().steps[0]?.begunMs, 'number');
    return undefined;
  };
  t.ok(await driver.advance());
  t.same(world.cluster.effects, ['add 4 in 1']);
});

t.test('it does nothing for a job that is not its own, that rests or is to end', async (t) => {
  const others: readonly object[] = [
    { driver: 2 },
    { state: 'paused' },
    { state: 'succeeded' },
    { steps: [{ ...jobOf(1).steps[0], state: 'done' }] },
  ];
  for (const other of others) {
    const { world, driver } = worldAt(other);
    await driver.advance();
    t.same([world.cluster.requests, world.store.written], [[], []], JSON.stringify(other));
  }
});

t.test('what changes between the look and the writing counts', async (t) => {
  const meanwhile: readonly ((world: JobsWorld) => void)[] = [
    (world) => world.store.put('jobs/1', { ...world.job(), driver: 2 }),
    (world) => world.store.put('jobs/1', pauseJob(world.store.documents(), '1', authorOf()).answer),
    (world) => {
      const stop = { as: 'cancelled', because: '' } as const;
      world.store.put('jobs/1', { ...world.job(), stop });
    },
  ];
  for (const happens of meanwhile) {
    const { world, driver } = worldAt();
    world.store.meanwhile = () => {
      world.store.meanwhile = undefined;
      happens(world);
    };
    await driver.advance();
    t.same(world.cluster.requests, []);
  }
});

t.test('words that change are not written at every look', async (t) => {
  const { world, driver } = worldAt();
  await driver.advance();
  const shard = world.cluster.shards.get(1);
  if (shard !== undefined) shard.lag = 1e6;
  const before = world.store.written.length;
  for (let look = 0; look < 20; look += 1) {
    world.clock.advance(100);
    await driver.advance();
  }
  t.ok(world.store.written.length - before <= 2, `${world.store.written.length - before}`);
});

t.test('bytes that were copied are counted', async (t) => {
  const { world, driver } = worldAt();
  await driver.advance();
  world.cluster.copies = [{ to: 4, done: 300, total: 1_000 }];
  await driver.advance();
  t.equal(world.job().steps[0]?.bytesDone, 300);
});
