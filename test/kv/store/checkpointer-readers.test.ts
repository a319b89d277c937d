/** What the checkpointer does about readers that keep the log, and for work that can wait. */
import t from 'tap';
import { checkpointDefaults } from '../../../src/kv/store/checkpointer.js';
import { frameBytes } from '../../../src/kv/store/schema.js';
import { setUp } from './checkpointer-world.js';

t.test('a reader in the way: the hold ends, is told, and is not tried again at once', async (t) => {
  const { worker, clock, seen, checkpointer, write, pulse } = setUp(t, {
    walBytesMax: 100 * frameBytes,
  });
  worker.pinnedAt = 10;
  write(200);
  await pulse();
  t.equal(checkpointer.holds, 1);
  t.match(seen.warnings, [/a reader keeps the log/]);
  const startMs = clock.monotonicMs();
  while (checkpointer.holds === 1) {
    write(1);
    await pulse();
  }
  t.ok(clock.monotonicMs() - startMs >= checkpointDefaults.retryMs);
  worker.pinnedAt = Number.POSITIVE_INFINITY;
  while (await pulse());
  t.equal(worker.checkpointed, worker.log, 'in the end all is copied');
});

t.test('a reader that was announced: no hold in vain, and none for what it left', async (t) => {
  const limits = { walBytesMax: 1000 * frameBytes, walBytesHard: 2000 * frameBytes };
  const { worker, seen, checkpointer, write, pulse } = setUp(t, { ...limits, restFramesHard: 900 });
  worker.pinnedAt = 10;
  checkpointer.readerBegan();
  worker.during = () => write(100);
  for (let round = 0; round < 20; round += 1) {
    for (let commit = 0; commit < 10; commit += 1) write(30);
    await pulse();
  }
  t.equal(checkpointer.holds, 0);
  t.same(seen.warnings, []);
  t.ok(worker.log > 6000, 'the log grows as long as it is read');
  worker.pinnedAt = Number.POSITIVE_INFINITY;
  checkpointer.readerEnded();
  // The writer goes on while the rest is copied: less than the disk can do.
  let heldFrames = 0;
  worker.during = (step) => {
    if (step === 'checkpoint' && checkpointer.held) heldFrames = worker.log - worker.checkpointed;
    for (let commit = 0; commit < 10 && !checkpointer.held; commit += 1) write(5);
  };
  for (let round = 0; round < 10; round += 1) {
    if (!checkpointer.held) write(30);
    await pulse();
  }
  t.ok(checkpointer.holds >= 1, 'the log is restarted');
  t.ok(heldFrames <= checkpointDefaults.restFramesMax, `held for ${heldFrames} frames`);
  t.ok(worker.log < 2000);
  // A writer that outruns the disk waits as before.
  const { holds } = checkpointer;
  worker.during = () => {
    for (let commit = 0; commit < 1000 && !checkpointer.held; commit += 1) write(20);
  };
  write(1001);
  await pulse();
  t.ok(checkpointer.holds > holds);
  t.ok(worker.log <= 2000 + 8 * 20);
});

t.test('a writer that outruns the disk behind a reader is held as well', async (t) => {
  const limits = { walBytesMax: 1000 * frameBytes, walBytesHard: 2000 * frameBytes };
  const { worker, checkpointer, write, pulse } = setUp(t, { ...limits, restFramesHard: 900 });
  checkpointer.readerBegan();
  write(5000);
  checkpointer.readerEnded();
  let longest = 0;
  worker.during = () => {
    for (let commit = 0; commit < 1000 && !checkpointer.held; commit += 1) write(20);
    longest = Math.max(longest, worker.log);
  };
  write(1);
  await pulse();
  t.equal(checkpointer.holds, 1);
  t.ok(longest <= 5000 + 900 + 9 * 20, `${longest} frames`);
});

t.test('work that can wait stands back before the writer is held', async (t) => {
  const { checkpointer, write, pulse } = setUp(t);
  t.notOk(checkpointer.mustWait());
  write(checkpointDefaults.restFramesHard / 2 - 1);
  t.notOk(checkpointer.mustWait());
  write(1);
  t.ok(checkpointer.mustWait());
  await pulse();
  t.notOk(checkpointer.mustWait(), 'all is copied');
  const held = setUp(t, { walBytesMax: frameBytes });
  const waits: boolean[] = [];
  held.worker.during = () => {
    if (held.checkpointer.held) waits.push(held.checkpointer.mustWait());
    else held.worker.log += 1;
  };
  held.write(10);
  await held.pulse();
  t.same(waits, [true]);
});
