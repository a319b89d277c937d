import t from 'tap';
import { readEntries } from '../../../src/raft/wal/entry-reader.js';
import type { Segment } from '../../../src/raft/wal/segment-list.js';
import { compaction, EMPTY, entry, settle, startLog, write } from './log-fixture.js';

/** Group 1 has entries 1 to 3 in the first segment; group 2 has gone on to the second. */
async function twoSegments() {
  const parts = await startLog();
  const { appender, state } = parts;
  await appender.append(write(1, entry(1, 3000), entry(2), entry(3)));
  await appender.append(write(2, ...[1, 2, 3].map((index) => entry(index, 3000))));
  await appender.append(compaction(2, 3));
  const oldest = state.segments.oldest as Segment;
  const log = state.groups.get(1);
  if (log === undefined) throw new Error('group 1 is there');
  t.equal(state.segments.all.length, 2);
  t.equal(oldest.liveEntries, 3);
  return { ...parts, oldest, log };
}

t.test('moves the live entries with the next batches, and then stops', async (t) => {
  const { appender, carrier, oldest, log, state } = await twoSegments();
  carrier.start(oldest);
  for (let i = 0; i < 10 && oldest.liveEntries > 0; i++) {
    carrier.advance();
    await settle();
    await appender.append(EMPTY);
  }
  t.equal(oldest.liveEntries, 0);
  t.equal(log.lastIndex, 3);
  t.same(readEntries(log, state.segments, 1, 4, 1e9), [entry(1, 3000), entry(2), entry(3)]);
  carrier.advance();
  t.equal(carrier.reading, undefined);
});

t.test('I5: what was cut or compacted meanwhile is not carried', async (t) => {
  const { appender, carrier, oldest, log, state } = await twoSegments();
  carrier.start(oldest);
  carrier.advance();
  await settle();
  // The chunk is waiting; the batch it rides with replaces 2 and 3 right behind it.
  await appender.append(write(1, entry(2, 10, 2)));
  t.same([log.lastIndex, log.termAt(2)], [2, 2]);
  carrier.advance();
  await settle();
  await appender.append(compaction(1, 1));
  t.equal(oldest.liveEntries, 0);
  t.same(readEntries(log, state.segments, 2, 3, 1e9), [entry(2, 10, 2)]);
});

t.test('a chunk that waits while its group goes is dropped', async (t) => {
  const { appender, carrier, oldest } = await twoSegments();
  carrier.start(oldest);
  carrier.advance();
  await settle();
  await appender.append(compaction(1, 3));
  carrier.advance();
  await appender.append({ ...EMPTY, removed: [{ group: 1, minReplica: 2 }] });
  carrier.advance();
  await settle();
  await appender.append(EMPTY);
  t.equal(oldest.liveEntries, 0);
});

t.test('a damaged entry is not carried: the log fails', async (t) => {
  const { carrier, oldest, log, disk, failures } = await twoSegments();
  disk.flipBit(disk.paths[0] ?? '', log.offsetOf(1) + 40, 0);
  carrier.start(oldest);
  carrier.advance();
  t.equal(carrier.reading, oldest, 'the file must stay open');
  await settle();
  t.match(failures, [{ code: 'wal_corrupt' }]);
  await carrier.close();
});
