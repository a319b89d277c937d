import t from 'tap';
import { dump } from '../../../src/raft/wal/dump.js';
import { compaction, entry, SEGMENT_BYTES, startLog, write } from './log-fixture.js';

t.test('an empty log begins with a first frame that is nobody’s batch', async (t) => {
  const seen: number[] = [];
  const { appender, state } = await startLog(({ entries }) => seen.push(entries));
  t.equal(state.segments.all.length, 1);
  t.same(appender.counters.batches, 1, 'only the one that created the groups');
  await appender.append(write(1, entry(1), entry(2)));
  t.same(seen, [0, 2]);
});

t.test('needs a seal after a batch, not after a seal', async (t) => {
  const { appender } = await startLog();
  t.ok(appender.needsSeal);
  await appender.seal();
  t.notOk(appender.needsSeal);
  await appender.append(write(1, entry(1)));
  t.ok(appender.needsSeal);
});

t.test('a segment is filled to the last byte, with room for a seal and an end', async (t) => {
  const { appender, disk, state } = await startLog();
  let used = 4096;
  for await (const item of dump(disk, 'd')) if (item.item === 'frame') used += item.bytes;
  const data = SEGMENT_BYTES - used - 24 - 32 - 48;
  await appender.append(write(1, entry(1, data)));
  t.equal(state.segments.all.length, 1, 'it just fits');
  await appender.seal();
  await appender.append(write(1, entry(2)));
  t.equal(state.segments.all.length, 2);
  const kinds: string[] = [];
  let end = 0;
  for await (const item of dump(disk, 'd')) {
    if (item.item !== 'frame') continue;
    kinds.push(item.kind);
    if (item.kind === 'end') end = item.offset + item.bytes;
  }
  t.same(kinds, ['first', 'batch', 'batch', 'seal', 'end', 'first']);
  t.equal(end, SEGMENT_BYTES);

  const other = await startLog();
  await other.appender.append(write(1, entry(1, data + 8)));
  t.equal(other.state.segments.all.length, 2, 'eight bytes more do not');
});

t.test('what could not be written is not applied', async (t) => {
  const { appender, disk, state } = await startLog();
  disk.fault = ({ kind }) => (kind === 'datasync' ? 'EIO' : undefined);
  await t.rejects(appender.append(write(1, entry(1))), { code: 'EIO' });
  await t.rejects(appender.append(compaction(1, 5)), { code: 'EIO' });
  t.match(state.groups.get(1), { lastIndex: 0, mark: { index: 0 } });
});
