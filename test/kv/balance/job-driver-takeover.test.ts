/**
 * The driver of a job dies at each of its calls, before the call takes effect and after, and
 * another one goes on: no step is lost, none is done twice, and nothing is left behind.
 */
import t from 'tap';
import { cancelJob } from '../../../src/kv/balance/job-commands.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { authorOf, JobsWorld, LifeLine, settled } from './jobs-world.js';

/** One of each kind, and two that need the same shard. */
const steps: readonly StepAction[] = [
  { kind: 'move', shard: 1, from: 1, to: 4 },
  { kind: 'add-replica', shard: 2, node: 5, role: 'learner' },
  { kind: 'remove-replica', shard: 3, node: 4 },
  { kind: 'transfer-leader', shard: 1, to: 3 },
  { kind: 'split', shard: 4, at: 3_500, child: 100 },
  { kind: 'merge', left: 5, right: 6 },
];

const effectsOnce = [
  'add 4 in 1',
  'add 5 in 2',
  'merge 6 into 5',
  'promote 4 in 1',
  'remove 1 in 1',
  'remove 4 in 3',
  'split 4 at 3500 into 100',
];

function newWorld(): JobsWorld {
  const world = new JobsWorld();
  world.shard(1, [1, 2, 3]);
  world.shard(2, [1, 2, 3]);
  world.shard(3, [1, 2, 3, 4]);
  world.shard(4, [2, 3, 4]);
  world.shard(5, [1, 2, 3]);
  world.shard(6, [3, 2, 1]);
  return world;
}

function assertDone(t: Tap.Test, world: JobsWorld): void {
  const job = world.job();
  t.same(
    [job.state, new Set(job.steps.map(({ state }) => state))],
    ['succeeded', new Set(['done'])],
  );
  const effects = world.cluster.effects.filter((effect) => !effect.startsWith('transfer'));
  t.same([...effects].sort(), effectsOnce);
  t.same(world.cluster.voters(1), [2, 3, 4]);
  t.same(world.cluster.learners(2), [5]);
  t.equal(world.cluster.shards.get(1)?.leader, 3);
  const { shards, map } = world.store.documents();
  t.same([...shards.keys()].sort(), [1, 100, 2, 3, 4, 5]);
  t.ok(map.epoch > 1);
  for (const { group, range, epoch, members, preferredLeader } of shards.values()) {
    const real = world.cluster.shards.get(group);
    t.same([range, epoch], [real?.range, real?.epoch], `shard ${group} as it is`);
    t.same(
      members,
      real?.members.map(({ node, replica, role }) => ({ node, replica, role })),
    );
    t.ok(members.some(({ node, role }) => node === preferredLeader && role === 'voter'));
  }
}

declare namespace Tap {
  type Test = Pick<typeof t, 'same' | 'equal' | 'ok'>;
}

t.test('a driver that is left alone does everything once', async (t) => {
  const world = newWorld();
  await world.begin(steps);
  const line = new LifeLine(world, { at: 0, before: true });
  const driver = world.driver(1, line, line.store);
  await world.run();
  assertDone(t, world);
  t.ok(line.calls > 30, `${line.calls} calls`);
  await world.pass(500);
  t.equal(world.clock.timers, 0, 'nothing ticks any more');
  driver.stop();
});

async function killAndTakeOver(t: typeof import('tap').t, at: number, before: boolean) {
  const world = newWorld();
  await world.begin(steps);
  const line = new LifeLine(world, { at, before });
  const first = world.driver(1, line, line.store);
  await world.run(() => line.dead || world.job().endedMs !== undefined);
  await world.pass(500);
  const ended = world.job().endedMs !== undefined;
  const second = world.driver(2);
  await world.run();
  assertDone(t, world);
  t.equal(world.job().driver, ended ? 1 : 2);
  // What the first one had sent arrives after all is over, and after an operator went back.
  const real = world.cluster.shards.get(1);
  await world.cluster.changeMembers(1, {
    action: 'add',
    node: 1,
    learner: false,
    force: false,
    dryRun: false,
  });
  await world.cluster.changeMembers(1, { action: 'promote', node: 1, dryRun: false });
  await world.cluster.transferLeader(1, 1);
  await world.cluster.changeMembers(1, { action: 'remove', node: 4, dryRun: false });
  const [voters, range] = [world.cluster.voters(1), structuredClone(real?.range)];
  for (const deliver of line.late) await deliver().catch(() => {});
  await settled();
  t.same([world.cluster.voters(1), world.cluster.learners(1)], [voters, []], 'no replica again');
  t.same(world.cluster.shards.get(1)?.range, range);
  first.stop();
  second.stop();
  return line.dead;
}

t.test('a driver that dies at any of its calls', async (t) => {
  for (const before of [true, false]) {
    let at = 1;
    while (await killAndTakeOver(t as never, at, before)) at += 1;
    t.ok(at > 30, `${at - 1} places to die ${before ? 'before' : 'after'} the effect`);
  }
});

t.test('a job is cancelled and its driver dies at any call', async (t) => {
  for (const before of [true, false]) {
    for (let at = 1; ; at += 1) {
      const world = newWorld();
      await world.begin(steps.slice(0, 2));
      const line = new LifeLine(world, { at, before });
      const first = world.driver(1, line, line.store);
      await world.run(() => line.dead || world.job().endedMs !== undefined);
      if (!line.dead) break;
      if (world.job().endedMs !== undefined) continue;
      await world.store.transact((documents) => cancelJob(documents, '1', authorOf()));
      const second = world.driver(2);
      await world.pass(8_000);
      // What the first one had sent is still within its time.
      for (const deliver of line.late) await deliver().catch(() => {});
      await world.run();
      const job = world.job();
      t.equal(job.state, 'cancelled');
      const states = job.steps.map(({ state }) => state);
      const moved = states[0] === 'done';
      t.same(world.cluster.voters(1), moved ? [2, 3, 4] : [1, 2, 3], `${at}: ${states}`);
      t.same(world.cluster.learners(1), [], 'no orphan');
      t.same(world.cluster.learners(2), states[1] === 'done' ? [5] : [], 'no orphan');
      first.stop();
      second.stop();
    }
  }
});
