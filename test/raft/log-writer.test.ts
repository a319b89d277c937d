/** Batches on their way into the log, one at a time. */
import t, { type Test } from 'tap';
import type { AppendBatch } from '../../src/raft/append-queue.js';
import { LogWriter } from '../../src/raft/log-writer.js';
import { FakeWal } from './fake-wal.js';
import { HostWorld } from './host-world.js';

function writer(t: Test) {
  const world = new HostWorld(t);
  const group = world.at(1).host.group(1);
  if (group === undefined) throw new Error('the group exists');
  const wal = new FakeWal(world.at(1).wal.recovered());
  wal.automatic = false;
  const durable: AppendBatch[] = [];
  const errors: Error[] = [];
  const log = new LogWriter({
    wal,
    batchBytesMax: 1_000,
    durable: (batch) => durable.push(batch),
    fail: (error) => errors.push(error),
  });
  const append = (token: number, term?: number) => {
    const hardState = term === undefined ? {} : { hardState: { term, vote: 0, commit: 0 } };
    // biome-ignore lint/suspicious/noThenProperty: never awaited; the core's name for it
    log.queue.push(group, { token, entries: [], then: [], ...hardState });
  };
  return { log, wal, durable, errors, append };
}

t.test('one batch is written while the next one gathers', async (t) => {
  const { log, wal, durable, append } = writer(t);
  t.notOk(log.ready);
  append(1, 1);
  t.ok(log.ready);
  log.write();
  append(2, 2);
  append(3, 3);
  t.notOk(log.ready, 'one is being written');
  log.write();
  t.equal(wal.batches.length, 1);
  wal.complete();
  await log.idle();
  t.equal(durable.length, 1);
  log.write();
  t.equal(wal.batches[1]?.writes.length, 2);
  wal.complete();
  await log.idle();
});

t.test('a batch that writes nothing waits for nobody', async (t) => {
  const { log, wal, append } = writer(t);
  append(1);
  t.same(
    log.write()?.appends.map(({ append: { token } }) => token),
    [1],
  );
  t.equal(wal.batches.length, 0);
});

t.test('a failed write is told once', async (t) => {
  const { log, wal, errors, append } = writer(t);
  append(1, 1);
  log.write();
  wal.fail(new Error('EIO'));
  await log.idle();
  t.match(errors, [{ message: 'EIO' }]);
});
