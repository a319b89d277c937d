import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { readEntries, spanAt } from '../../../src/raft/wal/entry-reader.js';
import type { GroupLog } from '../../../src/raft/wal/group-log.js';
import { entry, startLog, write } from './log-fixture.js';

async function logOf(group: number) {
  const parts = await startLog();
  const log = parts.state.groups.get(group);
  if (log === undefined) throw new Error('the fixture has two groups');
  return { ...parts, log, segments: parts.state.segments };
}

t.test('neighbours are read together, up to a limit and a gap', async (t) => {
  const { appender, log, segments } = await logOf(1);
  for (let index = 1; index <= 4; index++) await appender.append(write(1, entry(index)));
  // Another group's entry, too long to be read over.
  await appender.append(write(2, entry(1, 5000)));
  await appender.append(write(1, entry(5)));
  t.match(spanAt(log, segments, 1, 6, 1e9), { from: 1, count: 4 });
  t.match(spanAt(log, segments, 1, 3, 1e9), { from: 1, count: 2 });
  t.match(spanAt(log, segments, 1, 6, 25), { from: 1, count: 2 });
  t.match(spanAt(log, segments, 5, 6, 0), { from: 5, count: 1 });
  t.same(
    readEntries(log, segments, 1, 6, 1e9),
    [1, 2, 3, 4, 5].map((index) => entry(index)),
  );
});

t.test('a span ends with its segment', async (t) => {
  const { appender, log, segments } = await logOf(1);
  for (let index = 1; index <= 12; index++) await appender.append(write(1, entry(index, 1500)));
  t.ok(segments.all.length > 1);
  const { count } = spanAt(log, segments, 1, 13, 1e9);
  t.ok(count < 12);
  t.equal(readEntries(log, segments, 1, 13, 1e9).length, 12);
});

t.test('an entry is verified, whatever was damaged', async (t) => {
  const { appender, log, segments, disk } = await logOf(1);
  await appender.append(write(1, entry(1, 24), entry(2, 24)));
  const path = disk.paths[0] ?? '';
  const at = log.offsetOf(1);
  for (let byte = 0; byte < 32 + 24; byte++) {
    // Two bytes of the header mean nothing, and so are not looked at.
    if (byte === 2 || byte === 3) continue;
    disk.flipBit(path, at + byte, byte % 8);
    const read = () => readEntries(log, segments, 1, 2, 1e9);
    t.throws(read, { code: 'wal_corrupt', file: path, offset: at }, `byte ${byte}`);
    disk.flipBit(path, at + byte, byte % 8);
  }
  t.same(readEntries(log, segments, 1, 2, 1e9), [entry(1, 24)]);
});

t.test('an error of the disk and a short file are named', async (t) => {
  const { appender, log, segments, disk } = await logOf(1);
  await appender.append(write(1, entry(1)));
  disk.fault = ({ kind }) => (kind === 'read' ? 'EIO' : undefined);
  t.throws(() => readEntries(log, segments, 1, 2, 1), { code: 'wal_read_failed' });
  disk.fault = undefined;
  const beyond: Pick<GroupLog, 'offsetOf'> = { offsetOf: () => 16380 };
  log.offsetOf = beyond.offsetOf;
  t.throws(() => readEntries(log, segments, 1, 2, 1), { code: 'wal_corrupt', offset: 16380 });
});

t.test('asking for what is not there is a programmer error', async (t) => {
  const { log, segments } = await logOf(1);
  t.throws(() => readEntries(log, segments, 1, 2, 1), InvariantViolation);
  t.throws(() => readEntries(log, segments, 1, 1, 1), InvariantViolation);
});
