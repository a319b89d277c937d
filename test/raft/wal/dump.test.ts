import t from 'tap';
import type { Entry } from '../../../src/raft/core/types.js';
import { type DumpItem, dump } from '../../../src/raft/wal/dump.js';
import { createWal } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { ManualClock } from './manual-clock.js';

const FOLDER = 'node/wal';
const FIRST = `${FOLDER}/000000000001.wal`;
const configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};
const hardState = { term: 1, vote: 1, commit: 0 };
const entry = (index: number, bytes = 10): Entry => ({
  index,
  term: 1,
  kind: 1,
  data: new Uint8Array(bytes).fill(3),
});

async function logWith(count: number, bytes = 10): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const wal = createWal({
    dir: 'node',
    clock: new ManualClock(),
    fileSystem: disk,
    segmentBytes: 16384,
    logBytesMax: 64 * 16384,
    randomUint32: () => 5,
  });
  await wal.open();
  const mark = { index: 0, term: 0, configuration };
  await wal.write({
    created: [{ group: 1, replica: 4, mark, hardState }],
    removed: [{ group: 2, minReplica: 3 }],
    writes: [],
  });
  for (let index = 1; index <= count; index++) {
    const writes = [{ group: 1, entries: [entry(index, bytes)], hardState }];
    await wal.write({ created: [], removed: [], writes });
  }
  await wal.close();
  return disk;
}

async function items(disk: SimulatedDisk): Promise<DumpItem[]> {
  const all: DumpItem[] = [];
  for await (const item of dump(disk, FOLDER)) all.push(item);
  return all;
}

t.test('describes every frame and record with its place, and can be JSON', async (t) => {
  const all = await items(await logWith(1));
  t.match(JSON.parse(JSON.stringify(all)), [
    { item: 'segment', file: FIRST, id: 1, version: 2, capacityBytes: 16384, salt: 5 },
    { item: 'frame', kind: 'first', offset: 4096, bytes: 24, sequence: 1, crc: 'ok' },
    { item: 'frame', kind: 'batch', offset: 4120, sequence: 2 },
    { item: 'record', record: 'group-removed', group: 2, minReplica: 3 },
    { item: 'record', record: 'group-created', group: 1, replica: 4, hardState },
    { item: 'frame', kind: 'batch', sequence: 3 },
    {
      item: 'record',
      record: 'entry',
      group: 1,
      index: 1,
      term: 1,
      kind: 'command',
      dataBytes: 10,
      crc: 'ok',
    },
    { item: 'record', record: 'hard-state', group: 1, hardState },
    { item: 'frame', kind: 'seal', bytes: 24, sequence: 4 },
    { item: 'unused' },
    { item: 'segment', id: 2 },
    { item: 'unused', offset: 4096, bytes: 16384 - 4096 },
  ]);
});

t.test('names a snapshot and where it begins', async (t) => {
  const disk = await logWith(1);
  const wal = createWal({ dir: 'node', clock: new ManualClock(), fileSystem: disk });
  await wal.open();
  const snapshot = { index: 9, term: 1, configuration };
  const writes = [{ group: 1, snapshot, entries: [] }];
  await wal.write({ created: [], removed: [], writes });
  await wal.close();
  const found = (await items(disk)).filter((item) => item.item === 'record');
  t.match(found.at(-1), { record: 'snapshot-mark', group: 1, ...snapshot });
});

t.test('the bytes it names add up: nothing is passed over', async (t) => {
  const disk = await logWith(40, 1000);
  disk.flipBit(FIRST, 6000, 2);
  const all = await items(disk);
  const segments = all.filter((item) => item.item === 'segment');
  t.ok(segments.length > 3);
  for (const { file } of segments) {
    let next = 4096;
    for (const item of all) {
      if (!('file' in item) || item.file !== file || !('bytes' in item)) continue;
      if (item.item === 'damage' && item.bytes === 0) continue;
      t.equal(item.offset, next, `${item.item} at ${item.offset}`);
      next = item.offset + item.bytes;
    }
    t.equal(next, 16384, file);
  }
  const damage = all.filter((item) => item.item === 'damage');
  t.match(damage, [{ reason: /no valid frame/ }, { reason: /frames \d+ to \d+ are missing/ }]);
  t.ok(
    all.some((item) => item.item === 'frame' && item.offset > 7000),
    'and goes on behind it',
  );
});

t.test('names what is missing, unreadable, foreign or torn', async (t) => {
  const disk = await logWith(40, 1000);
  disk.lose(`${FOLDER}/000000000002.wal`);
  disk.flipBit(`${FOLDER}/000000000003.wal`, 20, 0);
  disk.place(`${FOLDER}/notes`, new Uint8Array(3));
  const all = await items(disk);
  t.match(
    all.filter(({ item }) => item === 'missing'),
    [{ segments: [2] }],
  );
  t.match(
    all.filter(({ item }) => item === 'unreadable'),
    [{ reason: /header of the segment is damaged/ }],
  );
  t.match(
    all.filter(({ item }) => item === 'stray-file'),
    [{ file: `${FOLDER}/notes` }],
  );

  const torn = await logWith(2);
  const seal = (await items(torn)).find((item) => item.item === 'frame' && item.kind === 'seal');
  if (seal === undefined || !('offset' in seal)) throw new Error('there is a seal');
  torn.flipBit(FIRST, seal.offset, 0);
  const tail = (await items(torn)).filter(({ item }) => item === 'torn-tail');
  t.match(tail, [{ file: FIRST, offset: seal.offset, bytes: 24 }]);
});

t.test('changes nothing', async (t) => {
  const disk = await logWith(5);
  const written: string[] = [];
  disk.beforeOperation = ({ kind }) => written.push(kind);
  await items(disk);
  t.same([...new Set(written)].sort(), ['list', 'open', 'read', 'size']);
});
