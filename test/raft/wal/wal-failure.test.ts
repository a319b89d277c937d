/** What a failing or full disk does to the log: it stops, says why, and never tries again. */
import t from 'tap';
import { inlineWorker, runJob } from '../../../src/raft/wal/background.js';
import { SEAL_AFTER_MS } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { EMPTY, entry, opened, SEGMENT_BYTES, settle, setUp, write } from './wal-world.js';

for (const kind of ['write', 'datasync'] as const) {
  t.test(`R17, I7, sys 17: a failed ${kind} is the end: nothing is tried again`, async (t) => {
    const { wal, disk, failures } = await opened();
    await settle();
    disk.fault = (operation) => {
      if (operation.kind !== kind) return undefined;
      disk.fault = undefined;
      return 'EIO';
    };
    await t.rejects(wal.write(write(1, entry(1))), { code: 'wal_write_failed' });
    const operations = disk.operations;
    await t.rejects(wal.write(write(1, entry(1))), { code: 'wal_write_failed' });
    t.equal(wal.failure, failures[0]);
    t.equal(failures.length, 1);
    await wal.close();
    t.equal(disk.operations, operations, 'no write, no sync, no seal');
    // The process goes away and another looks at the disk after a power cut.
    const { groups } = await setUp({}, disk.powerCut(3)).wal.open();
    t.equal(groups[0]?.lastIndex, 0);
  });
}

t.test('a failed seal poisons although nobody waits for it', async (t) => {
  const { wal, disk, clock, failures } = await opened();
  disk.fault = ({ kind }) => (kind === 'datasync' ? 'EIO' : undefined);
  clock.advance(SEAL_AFTER_MS);
  await settle();
  t.equal(failures.length, 1);
  await t.rejects(wal.write(write(1, entry(1))), { code: 'wal_write_failed' });
  await wal.close();
});

t.test('a full disk is a failure when the space is needed, not before', async (t) => {
  const disk = new SimulatedDisk({ capacityBytes: 2 * SEGMENT_BYTES });
  const { wal, failures } = await opened({}, disk);
  let index = 1;
  const fill = async () => {
    for (; index < 100; index++) await wal.write(write(1, entry(index, 1000)));
  };
  await t.rejects(fill(), { code: 'wal_full', message: /Free some disk space/ });
  t.ok(index > 20, `two segments were filled before (${index} entries)`);
  t.equal(failures.length, 1);
  await wal.close();
  // Space is back, a restart heals it.
  disk.capacityBytes = 10 * SEGMENT_BYTES;
  const again = setUp({}, disk).wal;
  t.equal((await again.open()).groups[0]?.lastIndex, index - 1);
  await again.write(write(1, ...Array.from({ length: 10 }, (_, i) => entry(index + i, 1000))));
  await again.close();
});

t.test(
  'a disk that was full when the segment was prepared may have room when it is needed',
  async (t) => {
    const disk = new SimulatedDisk({ capacityBytes: SEGMENT_BYTES });
    const { wal } = await opened({}, disk);
    await settle();
    disk.capacityBytes = 4 * SEGMENT_BYTES;
    for (let index = 1; index < 20; index++) await wal.write(write(1, entry(index, 1000)));
    t.equal(wal.failure, undefined);
    await wal.close();
  },
);

t.test('an I/O error while the next segment is prepared poisons at once', async (t) => {
  const disk = new SimulatedDisk();
  const worker = inlineWorker(disk);
  let broken = false;
  const { wal, failures } = await opened(
    {
      worker: {
        run: (job) =>
          broken
            ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
            : worker.run(job),
        close: () => worker.close(),
      },
    },
    disk,
  );
  await settle();
  broken = true;
  for (let index = 1; index <= 14; index++) {
    await wal.write(write(1, entry(index, 1000))).catch(() => undefined);
  }
  await settle();
  t.match(failures, [{ code: 'wal_write_failed', message: /preparing a segment failed/ }]);
  await t.rejects(wal.write(EMPTY), { code: 'wal_write_failed' });
  await wal.close();
});

t.test('a batch in flight is not acknowledged after a failure in the background', async (t) => {
  const disk = new SimulatedDisk();
  let fail = (_: Error): void => undefined;
  const worker = {
    run() {
      return new Promise<void>((_, reject) => {
        fail = reject;
      });
    },
    close: async () => undefined,
  };
  await runJob(disk, {
    kind: 'prepare',
    folder: 'node/wal',
    header: { id: 1, capacityBytes: SEGMENT_BYTES, salt: 1 },
  });
  const { wal } = await opened({ worker }, disk);
  const written = wal.write(write(1, entry(1)));
  fail(new Error('EIO'));
  await t.rejects(written, { code: 'wal_write_failed', message: /preparing/ });
  await wal.close();
});

t.test('an entry damaged at rest is not handed out, and the log stops', async (t) => {
  const { wal, disk, failures } = await opened();
  await wal.write(write(1, entry(1, 500)));
  const [path = ''] = disk.paths;
  // The data of the entry repeats its index.
  disk.flipBit(path, Buffer.from(disk.contentOf(path)).indexOf('1;1;1;'), 1);
  t.throws(() => wal.reader(1).entries(1, 2, 1), { code: 'wal_corrupt', file: path });
  t.equal(failures.length, 1);
  await t.rejects(wal.write(EMPTY), { code: 'wal_corrupt' });
  await wal.close();
});
