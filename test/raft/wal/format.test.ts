import t from 'tap';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  frameSeed,
  segmentFileName,
  segmentIdOf,
} from '../../../src/raft/wal/format.js';
import { checkedVector, readVector } from './vectors.js';

const header = { id: 7, capacityBytes: 65536, salt: 0xdeadbeef };

t.test('the header is the one of the test vector', async (t) => {
  const bytes = encodeSegmentHeader(header);
  t.same(Buffer.from(bytes), Buffer.from(checkedVector('segment-header', bytes)));
  t.same(decodeSegmentHeader(bytes), { version: 2, ...header });
  const old = readVector('segment-header-version-1');
  t.same(decodeSegmentHeader(old), { version: 1, ...header }, 'an older one is read');
});

t.test('every flipped bit of the header is noticed', async (t) => {
  const bytes = encodeSegmentHeader(header);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = new Uint8Array(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.match(decodeSegmentHeader(flipped), { problem: bit < 64 ? 'foreign' : 'corrupt' });
  }
  t.match(decodeSegmentHeader(bytes.subarray(0, 63)), { problem: 'corrupt' });
});

t.test('a newer version is told from damage', async (t) => {
  const { crc32 } = await import('node:zlib');
  const bytes = encodeSegmentHeader(header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const version of [0, 3]) {
    view.setUint32(8, version, true);
    view.setUint32(12, crc32(bytes.subarray(16, 64), crc32(bytes.subarray(0, 12))), true);
    t.same(decodeSegmentHeader(bytes), { problem: 'version', version });
  }
});

t.test('names', async (t) => {
  t.equal(segmentFileName(255), '0000000000ff.wal');
  t.equal(segmentIdOf('0000000000ff.wal'), 255);
  for (const name of ['ff.wal', '0000000000FF.wal', 'prepare.tmp', '0000000000ff.wal~', 'x']) {
    t.equal(segmentIdOf(name), undefined, name);
  }
});

t.test(
  'I1: the seed depends on id and salt, so that a former use of the file does not pass',
  async (t) => {
    const seeds = [header, { ...header, id: 8 }, { ...header, salt: 1 }].map(frameSeed);
    t.equal(new Set(seeds).size, 3);
  },
);
