import t, { type Test } from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { dump } from '../../../src/raft/wal/dump.js';
import type { Wal } from '../../../src/raft/wal/types.js';
import { createWal, SEAL_AFTER_MS } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { ManualClock } from './manual-clock.js';
import {
  birth,
  configuration,
  EMPTY,
  entry,
  kinds,
  opened,
  SEGMENT_BYTES,
  settle,
  setUp,
  write,
} from './wal-world.js';

t.test('R3: a batch with everything in it comes back', async (t) => {
  const { wal, disk } = await opened();
  await wal.write({
    created: [birth(3)],
    removed: [{ group: 2, minReplica: 9 }],
    writes: [
      { group: 1, entries: [entry(1), entry(2, 0)], hardState: { term: 1, vote: 1, commit: 1 } },
      { group: 3, entries: [entry(1)], compact: { index: 1, term: 1, configuration } },
    ],
  });
  await wal.close();
  const again = setUp({}, disk).wal;
  const { groups, tombstones } = await again.open();
  t.match(groups, [
    { group: 1, lastIndex: 2, terms: [{ from: 1, term: 1 }], hardState: { commit: 1 } },
    { group: 3, lastIndex: 1, terms: [], mark: { index: 1, term: 1 } },
  ]);
  t.equal(groups.length, 2);
  t.same([...tombstones], [[2, 9]]);
  t.equal(again.tailBytes(1), 10);
  t.equal(again.tailBytes(3), 0);
  await again.close();
});

t.test('the reader gives at least one entry, then as many as fit', async (t) => {
  const { wal } = await opened();
  await wal.write(write(1, entry(1, 100), entry(2, 100), entry(3, 100)));
  const reader = wal.reader(1);
  const indexes = (bytesMax: number) => reader.entries(1, 4, bytesMax).map(({ index }) => index);
  t.same(indexes(0), [1]);
  t.same(indexes(199), [1]);
  t.same(indexes(200), [1, 2]);
  t.same(indexes(1e9), [1, 2, 3]);
  t.same(reader.entries(2, 3, 1e9), [entry(2, 100)]);
  t.throws(() => reader.entries(4, 5, 1), InvariantViolation);
  await wal.write({
    ...EMPTY,
    writes: [{ group: 1, entries: [], compact: { index: 2, term: 1, configuration } }],
  });
  t.throws(() => reader.entries(2, 4, 1), InvariantViolation, 'compacted');
  t.same(reader.entries(3, 4, 1), [entry(3, 100)], 'the same reader after a compaction');
  await wal.close();
});

t.test('I9: what a reader gave out stays as it was', async (t) => {
  const { wal } = await opened();
  await wal.write(write(1, entry(1, 50)));
  const [first] = wal.reader(1).entries(1, 2, 100);
  await wal.write(write(1, entry(2, 50), entry(3, 3000)));
  wal.reader(1).entries(2, 4, 10000);
  t.same(first, entry(1, 50));
  await wal.close();
});

t.test('goes on over many segments, and uses their files again', async (t) => {
  const { wal, disk } = await opened();
  for (let index = 1; index <= 300; index++) {
    const compact = { index: index - 1, term: 1, configuration };
    const mark = index > 1 ? { compact } : {};
    await wal.write({ ...EMPTY, writes: [{ group: 1, entries: [entry(index, 900)], ...mark }] });
    t.ok(disk.usedBytes <= 5 * SEGMENT_BYTES, `${disk.usedBytes} bytes`);
  }
  t.same(wal.reader(1).entries(300, 301, 1), [entry(300, 900)]);
  t.ok(wal.statistics.segments <= 3);
  t.equal(wal.statistics.entries, 300);
  await wal.close();
  const again = setUp({}, disk).wal;
  const { groups } = await again.open();
  t.match(groups, [
    { group: 1, lastIndex: 300 },
    { group: 2, lastIndex: 0 },
  ]);
  await again.close();
});

t.test('a batch larger than a segment gets one of its own size', async (t) => {
  const { wal, disk } = await opened();
  await wal.write(write(1, entry(1, 2 * 1024 * 1024), entry(2, 100)));
  await wal.write(write(1, entry(3, 100)));
  await wal.write(write(1, ...Array.from({ length: 100 }, (_, i) => entry(4 + i, 1000))));
  t.equal(wal.reader(1).entries(1, 2, 1)[0]?.data.length, 2 * 1024 * 1024);
  await wal.write({
    ...EMPTY,
    writes: [{ group: 1, entries: [], compact: { index: 103, term: 1, configuration } }],
  });
  for (let index = 104; index < 140; index++) await wal.write(write(1, entry(index, 1000)));
  await settle();
  t.ok(disk.usedBytes < 1024 * 1024, 'it is removed and not kept for later');
  await wal.close();
  const { groups } = await setUp({}, disk).wal.open();
  t.match(groups, [{ lastIndex: 139, mark: { index: 103 } }, { lastIndex: 0 }]);
});

t.test('C1, C2, sys 12, sys 15: nothing is acknowledged before its sync has ended', async (t) => {
  const held: (() => void)[] = [];
  let holding = false;
  const schedule = (operation: { readonly kind: string }, run: () => void) => {
    if (holding && operation.kind === 'datasync') held.push(run);
    else queueMicrotask(run);
  };
  const { wal, disk } = await opened({}, new SimulatedDisk({ schedule }));
  await settle();
  holding = true;
  // One that brings nothing new waits like any other: what it stands behind may not be durable.
  for (const batch of [
    write(1, entry(1)),
    { ...EMPTY, writes: [{ group: 1, entries: [] }] },
    EMPTY,
  ]) {
    let acknowledged = false;
    const written = wal.write(batch).then(() => {
      acknowledged = true;
    });
    await settle();
    t.equal(held.length, 1, 'the sync has begun');
    t.notOk(acknowledged);
    held.shift()?.();
    await written;
    t.ok(acknowledged);
    const { groups } = await setUp({}, disk.powerCut(4)).wal.open();
    t.equal(groups[0]?.lastIndex, 1, 'and then a power cut takes nothing away');
  }
  holding = false;
  await wal.close();
});

t.test('seals after an idle time, once, and at close', async (t) => {
  const { wal, disk, clock } = await opened();
  t.same(await kinds(disk), ['first', 'batch']);
  clock.advance(SEAL_AFTER_MS - 10);
  await wal.write(write(1, entry(1)));
  clock.advance(10);
  await settle();
  t.same(await kinds(disk), ['first', 'batch', 'batch'], 'not idle yet');
  clock.advance(SEAL_AFTER_MS);
  await settle();
  t.same(await kinds(disk), ['first', 'batch', 'batch', 'seal']);
  t.equal(clock.timers, 0, 'and then sleeps');
  await wal.close();
  t.equal((await kinds(disk)).length, 4, 'sealed already');
  await wal.close();

  const again = setUp({}, disk);
  await again.wal.open();
  await again.wal.write(write(1, entry(2)));
  await again.wal.close();
  t.same((await kinds(disk)).slice(4), ['seal', 'batch', 'seal']);
  t.equal(again.clock.timers, 0, 'no timer is left');
});

t.test('a batch that arrives during a seal waits for it', async (t) => {
  const { wal, disk, clock } = await opened();
  clock.advance(SEAL_AFTER_MS);
  await wal.write(write(1, entry(1)));
  t.same(await kinds(disk), ['first', 'batch', 'seal', 'batch']);
  await wal.close();
});

async function fillUntil(wal: Wal, done: () => boolean): Promise<number> {
  let index = 1;
  for (; !done() && index < 2000; index++) {
    const compact = { index: index - 1, term: 1, configuration };
    const mark = index > 1 ? { compact } : {};
    await wal.write({ ...EMPTY, writes: [{ group: 2, entries: [entry(index, 1000)], ...mark }] });
    await settle();
  }
  return index - 1;
}

t.test('pressure names the groups that pin the oldest segment', async (t) => {
  const { wal } = await opened();
  t.same(wal.pressure(), []);
  await wal.write(write(1, entry(1), entry(2), entry(3)));
  await fillUntil(wal, () => wal.pressure().length > 0);
  t.same(wal.pressure(), [{ group: 1, upTo: 3 }]);
  await wal.write({
    ...EMPTY,
    writes: [{ group: 1, entries: [], compact: { index: 3, term: 1, configuration } }],
  });
  t.same(wal.pressure(), []);
  await wal.close();
});

t.test('I5: what is not compacted is carried forward, and truncates nothing', async (t) => {
  const { wal, disk } = await opened();
  await wal.write(write(1, entry(1, 2000), entry(2), entry(3)));
  const first = disk.paths[0] ?? '';
  // Entries of the same group that are newer than the ones to be carried.
  for (let i = 0; i < 12; i++) await wal.write(write(2, entry(1, 1000)));
  await wal.write(write(1, entry(4)));
  await fillUntil(wal, () => !disk.paths.includes(first));
  t.notOk(
    disk.paths.includes(first),
    'the oldest segment went although group 1 was never compacted',
  );
  const expected = [entry(1, 2000), entry(2), entry(3), entry(4)];
  t.same(wal.reader(1).entries(1, 5, 1e9), expected);
  t.equal(wal.tailBytes(1), 2030);
  await wal.close();
  const again = setUp({}, disk).wal;
  t.match((await again.open()).groups[0], { group: 1, lastIndex: 4, mark: { index: 0 } });
  t.same(again.reader(1).entries(1, 5, 1e9), expected);
  await again.close();
});

t.test('a log full of live entries grows instead of going in circles', async (t) => {
  const { wal, disk } = await opened({ segmentBytes: 65536, logBytesMax: 4 * 65536 });
  for (let index = 1; index <= 100; index++) await wal.write(write(1, entry(index, 5000)));
  let carried = 0;
  for await (const item of dump(disk, 'node/wal')) {
    if (item.item === 'record' && item.record === 'carried-entry') carried++;
  }
  t.equal(carried, 0);
  t.ok(wal.statistics.segmentBytes > 6 * 65536);
  t.match(wal.pressure(), [{ group: 1 }]);
  await wal.close();
});

t.test('a batch that must not become durable is refused before anything is written', async (t) => {
  const { wal, disk } = await opened();
  await settle();
  const operations = disk.operations;
  t.throws(() => wal.write(write(1, entry(2))), /leaves a gap/);
  t.throws(() => wal.write(write(9, entry(1))), /group 9 is not in the log/);
  t.equal(disk.operations, operations);
  const first = wal.write(write(1, entry(1)));
  t.throws(() => wal.write(write(1, entry(2))), /one batch is in flight/);
  await first;
  await wal.close();
  await t.rejects(wal.write(EMPTY), { code: 'wal_closed' });
});

t.test('limits of the sizes are checked at once', async (t) => {
  const sizes = (segmentBytes: number, logBytesMax: number) => () =>
    setUp({ segmentBytes, logBytesMax });
  t.throws(sizes(4096, 65536), /segmentBytes is 4096/);
  t.throws(sizes(10000, 65536), /segmentBytes is 10000/);
  t.throws(sizes(16384, 16384), /at least four segments/);
  t.throws(sizes(8192, 8192 * 2000), /at most 1024 segments/);
});

t.test('statistics and the observer count the batches of the host only', async (t) => {
  const seen: number[] = [];
  const { wal } = await opened({ observer: ({ entries }) => seen.push(entries) });
  await wal.write(write(1, entry(1), entry(2)));
  t.same(seen, [0, 2]);
  t.match(wal.statistics, { batches: 2, entries: 2, segments: 1 });
  await wal.close();
});

t.test('on real files, with the thread', async (t: Test) => {
  const dir = t.testdir();
  const options = {
    dir,
    clock: new ManualClock(),
    segmentBytes: 65536,
    logBytesMax: 4 * 65536,
  };
  const wal = createWal(options);
  await wal.open();
  await wal.write({ ...EMPTY, created: [birth(1), birth(2)] });
  for (let index = 1; index <= 200; index++) await wal.write(write(1, entry(index, 1000)));
  t.equal(wal.failure, undefined);
  t.equal(wal.reader(1).entries(1, 201, 1e9).length, 200);
  await wal.close();
  const again = createWal(options);
  const { groups } = await again.open();
  t.match(groups, [{ lastIndex: 200 }, { lastIndex: 0 }]);
  t.same(again.reader(1).entries(150, 151, 1), [entry(150, 1000)]);
  await again.close();
});
