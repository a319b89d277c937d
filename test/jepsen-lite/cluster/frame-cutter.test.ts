/** Streams are cut where frames end, however the bytes arrive; nothing is lost or changed. */
import fc from 'fast-check';
import t from 'tap';
import { FrameCutter } from '../../../jepsen-lite/cluster/frame-cutter.js';
import { writeFrame } from '../../../jepsen-lite/cluster/peer-frame.js';

const head = Buffer.from('GET /kvorum/peer HTTP/1.1\r\nUpgrade: kvorum-peer\r\n\r\n');
const frameOf = (bytes: Uint8Array) =>
  writeFrame([{ type: 17, fields: { id: 1, body: Buffer.from(bytes) } }]);

function cut(stream: Buffer, sizes: readonly number[]) {
  const pieces: { bytes: Buffer; isFrame: boolean }[] = [];
  const cutter = new FrameCutter((piece, isFrame) =>
    pieces.push({ bytes: Buffer.from(piece), isFrame }),
  );
  let at = 0;
  for (let i = 0; at < stream.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    cutter.push(stream.subarray(at, at + size));
    at += size;
  }
  cutter.end();
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

t.test('frames come whole, one by one', async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(bodies, sizes, (all, chunks) => {
      const frames = all.map(frameOf);
      const pieces = cut(Buffer.concat([head, ...frames]), chunks);
      const found = pieces.filter(({ isFrame }) => isFrame).map(({ bytes }) => bytes);
      return (
        found.length === frames.length &&
        found.every((bytes, i) => bytes.equals(frames[i] ?? head)) &&
        Buffer.concat(pieces.map(({ bytes }) => bytes)).length ===
          Buffer.concat([head, ...frames]).length
      );
    }),
  );
});

t.test('any other stream passes unchanged', async () => {
  const begins = fc.constantFrom('', 'GET /', 'GET /v1/kv/x HTTP/1.1\r\n\r\n', head.toString());
  fc.assert(
    fc.property(begins, fc.uint8Array({ maxLength: 200 }), sizes, (begin, rest, chunks) => {
      const stream = Buffer.concat([Buffer.from(begin), rest]);
      return Buffer.concat(cut(stream, chunks).map(({ bytes }) => bytes)).equals(stream);
    }),
  );
});

t.test('what is not ours is not kept waiting', async (t) => {
  const pieces: string[] = [];
  const cutter = new FrameCutter((piece) => pieces.push(piece.toString()));
  cutter.push(Buffer.from('PUT /'));
  cutter.push(Buffer.from('x'));
  t.same(pieces, ['PUT /', 'x']);
});
