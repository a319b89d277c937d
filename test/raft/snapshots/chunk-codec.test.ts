/** Requests for pieces of snapshots, and their answers, as bytes. */
import t from 'tap';
import {
  ChunkFormatError,
  chunkRequestType,
  decodeChunkAnswer,
  decodeChunkRequest,
  encodeChunkAnswer,
  encodeChunkRequest,
} from '../../../src/raft/snapshots/chunk-codec.js';

const request = {
  group: 7,
  snapshot: { index: 2 ** 40, term: 3 },
  offset: 2 ** 33,
  length: 262_144,
};

t.test('a request arrives as it was sent', async (t) => {
  const bytes = encodeChunkRequest(request);
  t.equal(bytes[0], chunkRequestType);
  t.same(decodeChunkRequest(bytes), request);
  t.equal(
    bytes.toString('hex'),
    '1001000007000000000000000000704200000000000008400000000000000042' + '00000400',
    'the layout is fixed',
  );
});

t.test('an answer arrives as it was sent', async (t) => {
  const data = Buffer.from('some bytes');
  t.same(decodeChunkAnswer(encodeChunkAnswer({ kind: 'data', data }), 10), { kind: 'data', data });
  for (const kind of ['later', 'gone'] as const) {
    t.same(decodeChunkAnswer(encodeChunkAnswer({ kind }), 10), { kind });
  }
});

t.test('D10: fewer bytes than asked for are a fault, not the end of the file', async (t) => {
  const bytes = encodeChunkAnswer({ kind: 'data', data: Buffer.from('short') });
  t.throws(() => decodeChunkAnswer(bytes, 6), /5 bytes where 6 were asked for/);
});

t.test('a flipped bit in a piece is noticed', async (t) => {
  const bytes = encodeChunkAnswer({ kind: 'data', data: Buffer.from('some bytes') });
  for (let at = 4; at < bytes.length; at += 1) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    t.throws(() => decodeChunkAnswer(damaged, 10), ChunkFormatError, `byte ${at}`);
  }
});

t.test('bytes that are something else are refused, whatever they are', async (t) => {
  const good = encodeChunkRequest(request);
  const wrong = (at: number, byte: number) => {
    const bytes = Buffer.from(good);
    bytes[at] = byte;
    return bytes;
  };
  for (const bytes of [
    Buffer.alloc(0),
    good.subarray(0, 35),
    Buffer.concat([good, Buffer.alloc(1)]),
    wrong(0, 1),
    wrong(1, 2),
    // Not whole numbers.
    wrong(15, 0xff),
    wrong(31, 0xff),
  ]) {
    t.throws(() => decodeChunkRequest(bytes), ChunkFormatError);
  }
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(7),
    Buffer.alloc(8),
    Buffer.from([1, 9, 0, 0, 0, 0, 0, 0]),
  ]) {
    t.throws(() => decodeChunkAnswer(bytes, 1), ChunkFormatError);
  }
});
