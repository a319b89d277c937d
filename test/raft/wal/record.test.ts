import * as fc from 'fast-check';
import t from 'tap';
import {
  entryCrc,
  entryRecordBytes,
  MalformedRecord,
  readRecords,
} from '../../../src/raft/wal/record.js';
import { collectRecords } from './record-collector.js';

t.test('random bytes are refused or read, and never anything else', async (t) => {
  let refused = 0;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), fc.nat(12), (bytes, type) => {
      bytes[0] = type;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // A plausible length, or nothing would get past the first check.
      view.setUint32(4, Math.max(0, bytes.length - 16 - ((bytes[5] ?? 0) % 9)), true);
      try {
        readRecords(view, 0, bytes.length, collectRecords(view).visitor);
      } catch (error) {
        if (!(error instanceof MalformedRecord)) throw error;
        refused++;
      }
    }),
    { numRuns: 2000 },
  );
  t.ok(refused > 100);
});

t.test('a type that is not known is named', async (t) => {
  for (const type of [0, 10]) {
    const view = new DataView(new ArrayBuffer(16));
    view.setUint8(0, type);
    const read = () => readRecords(view, 0, 16, collectRecords(view).visitor);
    t.throws(read, { message: `a record of type ${type}, which this version does not know` });
  }
});

t.test("an entry's checksum belongs to its place", async (t) => {
  const data = Buffer.from('x');
  const crcs = [
    entryCrc(1, 2, 3, 1, data),
    entryCrc(2, 2, 3, 1, data),
    entryCrc(1, 3, 3, 1, data),
    entryCrc(1, 2, 4, 1, data),
    entryCrc(1, 2, 3, 0, data),
  ];
  t.equal(new Set(crcs).size, crcs.length);
});

t.test('records are padded to eight', async (t) => {
  t.same([0, 1, 8, 9].map(entryRecordBytes), [32, 40, 40, 48]);
});
