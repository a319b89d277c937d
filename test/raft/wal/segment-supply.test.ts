import t from 'tap';
import { compaction, EMPTY, entry, SEGMENT_BYTES, settle, startLog, write } from './log-fixture.js';

t.test('keeps one segment ready', async (t) => {
  const { supply, disk, jobs } = await startLog();
  t.equal(supply.nextBytes, 0);
  supply.tend();
  supply.tend();
  await settle();
  t.equal(supply.nextBytes, SEGMENT_BYTES);
  t.same(disk.paths, ['d/000000000001.wal', 'd/000000000002.wal']);
  supply.tend();
  t.equal(jobs.length, 2, 'nothing more is due');
  await supply.close();
});

t.test('uses a finished file again, and removes those beyond', async (t) => {
  const { supply, appender, jobs, disk, state } = await startLog();
  for (let index = 1; index <= 40; index++) await appender.append(write(1, entry(index, 1000)));
  t.ok(state.segments.all.length > 3);
  await appender.append(compaction(1, 40));
  for (let i = 0; i < 6; i++) {
    supply.tend();
    await settle();
  }
  const [oldest] = state.segments.all;
  t.equal(state.segments.all.length, 2, 'one waits for its next use');
  t.equal(oldest?.liveEntries, 0);
  const kinds = jobs.slice(4).map((job) => (job.kind === 'prepare' ? job.recycle : job.kind));
  t.same(kinds, ['000000000001.wal', 'remove'], 'the oldest became the next');
  t.equal(disk.paths.length, 3);
  await supply.close();
});

t.test('removes even that one when the log is short of space', async (t) => {
  const { supply, appender, state, setShort } = await startLog();
  for (let index = 1; index <= 40; index++) await appender.append(write(1, entry(index, 1000)));
  await appender.append(compaction(1, 40));
  setShort(true);
  for (let i = 0; i < 6; i++) {
    supply.tend();
    await settle();
  }
  t.equal(state.segments.all.length, 1);
  await supply.close();
});

t.test('a segment that is too small is replaced by one that is not', async (t) => {
  const { supply, state, disk } = await startLog();
  supply.tend();
  await settle();
  const segment = await supply.take(3 * SEGMENT_BYTES + 1);
  t.equal(segment.id, 2);
  t.equal(segment.capacityBytes, 3 * SEGMENT_BYTES + 4096);
  t.equal(disk.contentOf('d/000000000002.wal').length, segment.capacityBytes);
  state.segments.push(segment);
  await supply.close();
});

t.test(
  'a taken segment is not prepared a second time, nor another one before it is begun',
  async (t) => {
    const { supply, state, jobs, disk } = await startLog();
    supply.tend();
    await settle();
    const taken = await supply.take(8192);
    const before = disk.contentOf('d/000000000002.wal');
    const count = jobs.length;
    const tendAgain = async () => {
      supply.tend();
      await settle();
      return jobs.length - count;
    };
    // As any job does that ends while the end of the segment before is being written.
    t.equal(await tendAgain(), 0);
    t.equal(disk.contentOf('d/000000000002.wal'), before, 'the file that is about to be written');
    state.segments.push(taken);
    t.equal(await tendAgain(), 0, 'two segments without a frame are damage to a recovery');
    supply.begun();
    t.equal(await tendAgain(), 1);
    t.same(disk.paths.at(-1), 'd/000000000003.wal');
    await supply.close();
  },
);

t.test('a full disk is an error only when the segment is taken', async (t) => {
  const { supply, disk, failures } = await startLog();
  disk.capacityBytes = disk.usedBytes;
  supply.tend();
  await settle();
  t.same(failures, []);
  await t.rejects(supply.take(8192), { code: 'wal_full' });
  disk.capacityBytes = 10 * SEGMENT_BYTES;
  t.equal((await supply.take(8192)).id, 2, 'there is room now');
  await supply.close();
});

t.test('any other error is told at once, and nothing is begun after a stop', async (t) => {
  const { supply, disk, failures, jobs } = await startLog();
  disk.fault = ({ kind, path }) => (kind === 'write' && path.endsWith('tmp') ? 'EIO' : undefined);
  supply.tend();
  supply.stop();
  await settle();
  t.match(failures, [{ code: 'wal_write_failed', message: /preparing a segment failed: EIO/ }]);
  const count = jobs.length;
  supply.tend();
  await settle();
  t.equal(jobs.length, count);
  await supply.close();
  t.same(EMPTY.writes, []);
});

t.test('a dead segment stays until the one after it is begun', async (t) => {
  const { supply, appender, state, disk, setShort } = await startLog();
  await appender.append(write(1, entry(1, 100)));
  await appender.append(compaction(1, 1));
  setShort(true);
  const taken = await supply.take(8192);
  state.segments.push(taken);
  // As any job does that ends while the first frame is being written.
  supply.tend();
  await settle();
  t.ok(disk.paths.includes('d/000000000001.wal'), 'votes and marks are nowhere else');
  await supply.close();
});
