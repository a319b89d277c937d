import * as fc from 'fast-check';
import t from 'tap';
import type { Entry, EntryKind } from '../../../src/raft/core/types.js';
import { frameSeed } from '../../../src/raft/wal/format.js';
import {
  FRAME_HEADER_BYTES,
  FrameKind,
  frameCrcHolds,
  readFrameHeader,
} from '../../../src/raft/wal/frame.js';
import { FrameWriter } from '../../../src/raft/wal/frame-writer.js';
import { readRecords } from '../../../src/raft/wal/record.js';
import { collectRecords } from './record-collector.js';
import { checkedVector } from './vectors.js';

const seed = frameSeed({ id: 7, capacityBytes: 65536, salt: 0xdeadbeef });
const configuration = {
  voters: [
    { node: 1, replica: 11 },
    { node: 2, replica: 12 },
  ],
  outgoing: [{ node: 3, replica: 13 }],
  learners: [{ node: 4, replica: 14 }],
  learnersNext: [{ node: 3, replica: 13 }],
  autoLeave: true,
  nextReplica: 100,
};
const mark = { index: 2 ** 40, term: 5, configuration };
const hardState = { term: 6, vote: 11, commit: 2 ** 40 + 1 };
const birth = { group: 300, replica: 11, mark, hardState };

function bytesOf(writer: FrameWriter): Uint8Array {
  return writer.bytes.slice(0, writer.length);
}

t.test('a batch is the one of the test vector, and is read back', async (t) => {
  const writer = new FrameWriter();
  writer.begin();
  const entries: Entry[] = [
    { index: 1, term: 6, kind: 0, data: new Uint8Array(0) },
    { index: 2, term: 6, kind: 1, data: Buffer.from('hello, log') },
    { index: 3, term: 7, kind: 2, data: Buffer.from('12345678') },
  ];
  writer.batch({
    created: [birth],
    removed: [{ group: 4, minReplica: 99 }],
    writes: [{ group: 5, snapshot: mark, entries, hardState, compact: mark }],
  });
  writer.entry(7, 5, { index: 9, term: 6, kind: 1, data: Buffer.from('carried') });
  writer.finish(FrameKind.batch, { sequence: 2 ** 33 + 5, previousBytes: 128 }, seed);
  const vector = checkedVector('frame-batch', bytesOf(writer));
  t.same(Buffer.from(bytesOf(writer)), Buffer.from(vector));

  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  const header = readFrameHeader(view, 0);
  t.match(header, { sequence: 2 ** 33 + 5, previousBytes: 128, kind: FrameKind.batch });
  t.ok(frameCrcHolds(vector, header?.crc ?? 0, seed));
  t.notOk(frameCrcHolds(vector, header?.crc ?? 0, seed + 1), 'of another segment');
  const { found, visitor } = collectRecords(view);
  readRecords(view, FRAME_HEADER_BYTES, vector.length, visitor);
  t.strictSame(found, [
    ['group-removed', 4, 99],
    ['group-created', birth],
    ['snapshot-mark', 5, mark],
    ['entry', 5, 1, 6, 0, ''],
    ['entry', 5, 2, 6, 1, 'hello, log'],
    ['entry', 5, 3, 7, 2, '12345678'],
    ['hard-state', 5, hardState],
    ['compaction-mark', 5, mark],
    ['carried', 5, 9, 6, 1, 'carried'],
  ]);
});

t.test('a table is the one of the test vector, and is read back', async (t) => {
  const writer = new FrameWriter();
  writer.begin();
  const table = { ...birth, lastIndex: 2 ** 40 + 3, terms: [{ from: 2 ** 40 + 1, term: 6 }] };
  writer.tableGroup(table);
  writer.tombstone(4, 99);
  writer.finish(FrameKind.first, { sequence: 9, previousBytes: 0 }, seed);
  const vector = checkedVector('frame-first', bytesOf(writer));
  t.same(Buffer.from(bytesOf(writer)), Buffer.from(vector));
  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  const { found, visitor } = collectRecords(view);
  readRecords(view, FRAME_HEADER_BYTES, vector.length, visitor);
  t.same(found, [
    ['table-group', table],
    ['tombstone', 4, 99],
  ]);
});

t.test('a seal and an end are headers only', async (t) => {
  const writer = new FrameWriter(FRAME_HEADER_BYTES);
  for (const [name, kind] of [
    ['frame-seal', FrameKind.seal],
    ['frame-end', FrameKind.end],
  ] as const) {
    writer.begin();
    writer.finish(kind, { sequence: 5, previousBytes: 128 }, seed);
    t.same(Buffer.from(bytesOf(writer)), Buffer.from(checkedVector(name, bytesOf(writer))));
    t.equal(writer.length, FRAME_HEADER_BYTES);
  }
});

t.test('any entries come back, whatever the buffer held before', async (t) => {
  const writer = new FrameWriter(64);
  const kinds = fc.constantFrom<EntryKind>(0, 1, 2);
  const one = fc.record({
    index: fc.maxSafeNat(),
    term: fc.maxSafeNat(),
    kind: kinds,
    data: fc.uint8Array({ maxLength: 600 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 20 }), fc.nat(0xffff_ffff), (entries, group) => {
      writer.bytes.fill(0xff);
      writer.begin();
      writer.batch({ created: [], removed: [], writes: [{ group, entries }] });
      const { found, visitor } = collectRecords(writer.view);
      readRecords(writer.view, FRAME_HEADER_BYTES, writer.length, visitor);
      const latin = (data: Uint8Array) => Buffer.from(data).toString('latin1');
      t.strictSame(
        found,
        entries.map(({ index, term, kind, data }) => [
          'entry',
          group,
          index,
          term,
          kind,
          latin(data),
        ]),
      );
    }),
    { numRuns: 60 },
  );
});

t.test('padding does not leak what the buffer held', async (t) => {
  const writer = new FrameWriter(4096);
  writer.bytes.fill(0xee);
  writer.begin();
  writer.entry(1, 1, { index: 1, term: 1, kind: 1, data: Buffer.from('x') });
  t.same([...writer.bytes.subarray(writer.length - 7, writer.length)], [0, 0, 0, 0, 0, 0, 0]);
});

t.test('a buffer grown by a large batch is given back', async (t) => {
  const writer = new FrameWriter();
  writer.begin();
  for (let index = 1; index <= 12; index++) {
    writer.entry(1, 1, { index, term: 1, kind: 1, data: new Uint8Array(1024 * 1024) });
  }
  t.ok(writer.bytes.length > 12 * 1024 * 1024);
  writer.begin();
  t.equal(writer.bytes.length, 1024 * 1024);
});
