/** The policy alone: a worker that only keeps books, a clock that moves when told to. */
import t from 'tap';
import { checkpointDefaults } from '../../../src/kv/store/checkpointer.js';
import { frameBytes } from '../../../src/kv/store/schema.js';
import { setUp } from './checkpointer-world.js';

t.test('nothing to do: no timer; one commit: durable, copied, and quiet again', async (t) => {
  const { worker, clock, seen, write, pulse } = setUp(t);
  t.equal(clock.timers, 0);
  write();
  t.equal(seen.durable, 0, 'a commit alone is not durable');
  await pulse();
  t.equal(clock.monotonicMs(), 50);
  t.equal(seen.durable, 1);
  await pulse();
  t.same(worker.steps, ['sync-wal'], 'a few frames wait until the writer is idle');
  await pulse();
  t.ok(clock.monotonicMs() - 50 >= checkpointDefaults.idleAfterMs);
  t.same(worker.steps, ['sync-wal', 'checkpoint']);
  t.equal(clock.timers, 0);
  t.notOk(await pulse());
});

t.test('enough frames are copied while the writer goes on', async (t) => {
  const { worker, write, pulse } = setUp(t);
  write(checkpointDefaults.checkpointFrames);
  await pulse();
  t.same(worker.steps, ['sync-wal', 'checkpoint']);
});

t.test('a trickle of writes does not restart the log again and again', async (t) => {
  const { worker, clock, seen, checkpointer, pulse, write } = setUp(t);
  for (let round = 0; round < 20; round += 1) {
    write();
    await pulse();
    await pulse();
    clock.advance(100);
  }
  t.equal(seen.durable, 20);
  t.equal(checkpointer.checkpoints, 0);
  while (await pulse());
  t.equal(checkpointer.checkpoints, 1);
  t.equal(worker.checkpointed, 20);
});

t.test('only what was noted before the sync is durable after it', async (t) => {
  const { worker, seen, write, pulse } = setUp(t);
  write();
  worker.during = (step) => {
    if (step === 'sync-wal' && seen.written === 1) write();
  };
  await pulse();
  t.equal(seen.durable, 1);
  await pulse();
  t.equal(seen.durable, 2);
});

t.test('a constant writer is held for one last checkpoint, and the log starts anew', async (t) => {
  const framesMax = 2000;
  const { worker, seen, checkpointer, write, pulse } = setUp(t, {
    walBytesMax: framesMax * frameBytes,
  });
  let checkpointsHeld = 0;
  let longest = 0;
  worker.during = () => {
    longest = Math.max(longest, worker.log);
    if (!checkpointer.held) write(40);
    else checkpointsHeld += 1;
  };
  for (let round = 0; round < 400; round += 1) {
    write(40);
    await pulse();
  }
  t.ok(checkpointer.holds >= 3, `${checkpointer.holds} holds`);
  t.equal(seen.holdEnds, checkpointer.holds);
  t.equal(checkpointsHeld, checkpointer.holds, 'one checkpoint in each hold');
  t.ok(longest <= framesMax + checkpointDefaults.restFramesMax + 400, `${longest} frames`);
  t.notOk(checkpointer.held);
});

t.test('rounds of copying go on until little is left, and are bounded', async (t) => {
  const { worker, checkpointer, write, pulse } = setUp(t, { walBytesMax: 3000 * frameBytes });
  const rests = [2000, 900, 600];
  worker.during = (step) => {
    if (step === 'checkpoint' && !checkpointer.held) worker.log += rests.shift() ?? 10;
  };
  write(5000);
  await pulse();
  const round = ['checkpoint', 'sync-database'];
  t.same(worker.steps, ['sync-wal', ...round, ...round, ...round, ...round, 'checkpoint']);
  worker.steps.length = 0;
  worker.during = (step) => {
    if (step === 'checkpoint' && !checkpointer.held) worker.log += 4000;
  };
  write(5000);
  await pulse();
  t.ok(worker.steps.length <= 2 * checkpointDefaults.roundsMax, 'a writer too fast is held anyway');
  t.equal(checkpointer.holds, 2);
});

t.test('a writer that outruns the disk waits at the hard limit, within one step', async (t) => {
  const { worker, seen, checkpointer, write, pulse } = setUp(t, {
    walBytesMax: 1000 * frameBytes,
    walBytesHard: 2000 * frameBytes,
    restFramesHard: 1900,
  });
  for (const slow of ['sync-wal', 'checkpoint', 'sync-database']) {
    let longest = 0;
    const { holds } = checkpointer;
    worker.during = (step) => {
      if (step !== slow) return;
      for (let commit = 0; commit < 1000 && !checkpointer.held; commit += 1) write(20);
      longest = Math.max(longest, worker.log);
    };
    write(1001);
    await pulse();
    t.equal(checkpointer.holds, holds + 1, slow);
    t.ok(longest >= 1900 && longest <= 2000 + 8 * 20, `${slow}: ${longest} frames`);
    t.equal(worker.checkpointed, worker.log);
    t.notOk(checkpointer.held);
    worker.during = () => {};
    while (await pulse());
  }
  t.equal(seen.holdEnds, checkpointer.holds);
});

t.test('the database is synced before there is much to sync', async (t) => {
  const { worker, write, pulse } = setUp(t);
  for (let round = 0; round < 4; round += 1) {
    write(1000);
    worker.during = (step) => void (step === 'checkpoint' && write(100));
    await pulse();
  }
  t.equal(worker.steps.filter((step) => step === 'checkpoint').length, 4);
  t.equal(worker.steps.filter((step) => step === 'sync-database').length, 2);
});

t.test('a long hold is told', async (t) => {
  const { worker, clock, seen, checkpointer, write, pulse } = setUp(t, { walBytesMax: frameBytes });
  worker.during = (step) => {
    if (step === 'checkpoint' && checkpointer.held) clock.advance(21);
    else worker.log += 1;
  };
  write(10);
  await pulse();
  t.match(seen.warnings, [/held up the writer/]);
  t.match(checkpointer, { holds: 1, holdMsTotal: 21, holdMsMax: 21 });
});

t.test('freed pages go back after a pause, some at a time, never under load', async (t) => {
  const { clock, seen, write, pulse } = setUp(t);
  seen.freePages = 250;
  for (let round = 0; round < 40; round += 1) {
    write();
    await pulse();
  }
  t.equal(seen.freePages, 250);
  const startMs = clock.monotonicMs();
  while (seen.freePages === 250) await pulse();
  t.ok(clock.monotonicMs() - startMs >= checkpointDefaults.idleAfterMs);
  t.equal(seen.freePages, 150);
  while (await pulse());
  t.equal(seen.freePages, 0);
});

t.test('a commit during the patient wait is synced after the usual time', async (t) => {
  const { clock, seen, write, pulse } = setUp(t);
  seen.freePages = 1;
  write();
  await pulse();
  await pulse();
  const startMs = clock.monotonicMs();
  write();
  await pulse();
  t.equal(clock.monotonicMs() - startMs, checkpointDefaults.pulseMs);
  t.equal(seen.durable, 2);
});

for (const action of ['sync-wal', 'sync-database', 'checkpoint', 'measure'] as const) {
  t.test(`a failed ${action} is told once, names file and action, and ends all work`, async (t) => {
    const { worker, clock, seen, checkpointer, write, pulse } = setUp(t, {
      walBytesMax: frameBytes,
    });
    worker.during = () => {
      worker.log += 1;
    };
    seen.fault = action;
    write(5);
    await pulse();
    t.equal(seen.failures.length, 1);
    t.match(seen.failures[0], { code: 'io', file: '/data/state.db', action });
    t.equal(seen.durable, action === 'sync-wal' ? 0 : 1);
    t.notOk(checkpointer.held);
    write(5);
    t.equal(clock.timers, 0);
  });
}

t.test('stop waits for the running pulse and lets none begin', async (t) => {
  const { clock, worker, checkpointer, write } = setUp(t);
  write();
  clock.next();
  await checkpointer.stop();
  t.same(worker.steps, ['sync-wal']);
  write();
  t.equal(clock.timers, 0);
});
