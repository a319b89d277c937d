/** Frames come out of any chunking as they went in; broken ones end the stream with a reason. */
import fc from 'fast-check';
import t from 'tap';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import {
  beginFrame,
  endFrame,
  FrameReader,
  frameHeaderBytes,
} from '../../../src/raft/transport/frame.js';

const bytesMax = 1_000;

function frameOf(payload: Uint8Array): Buffer {
  const writer = new ByteWriter(16);
  beginFrame(writer);
  writer.ensure(payload.length);
  writer.bytes(payload);
  return Buffer.from(endFrame(writer));
}

function readAll(chunks: readonly Buffer[]): { payloads: string[]; error: string | undefined } {
  const payloads: string[] = [];
  const reader = new FrameReader(bytesMax, (payload) => payloads.push(payload.toString('hex')));
  let error: string | undefined;
  for (const chunk of chunks) error ??= reader.push(chunk);
  return { payloads, error };
}

t.test('any frames, cut anywhere', async () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(payloads, cuts, (sent, sizes) => {
      const stream = Buffer.concat(sent.map(frameOf));
      const chunks: Buffer[] = [];
      for (let at = 0, cut = 0; at < stream.length; cut++) {
        const size = sizes[cut % sizes.length] ?? 1;
        chunks.push(stream.subarray(at, at + size));
        at += size;
      }
      const got = readAll(chunks);
      const expected = sent.map((payload) => Buffer.from(payload).toString('hex'));
      return got.error === undefined && got.payloads.join() === expected.join();
    }),
  );
});

t.test('one flipped bit anywhere is noticed, before or after it is in one piece', async () => {
  const frame = frameOf(Buffer.from('a payload of some length'));
  fc.assert(
    fc.property(fc.nat(frame.length * 8 - 1), fc.boolean(), (bit, whole) => {
      const broken = Buffer.from(frame);
      const at = bit >> 3;
      broken[at] = (broken[at] ?? 0) ^ (1 << (bit & 7));
      const parts = whole ? [broken] : [broken.subarray(0, 5), broken.subarray(5)];
      const got = readAll([...parts, frame]);
      // A length that grew waits for more bytes: the next frame fills it and then it is noticed.
      return got.payloads.length === 0 || got.error !== undefined;
    }),
  );
});

t.test('a length over the limit is refused with nothing but the header', async (t) => {
  const frame = frameOf(Buffer.alloc(bytesMax + 1));
  t.match(readAll([frame.subarray(0, frameHeaderBytes)]).error, /1001 bytes is over the limit/);
  t.match(readAll([frame.subarray(0, 7), frame.subarray(7, 12)]).error, /over the limit/);
  t.equal(readAll([frameOf(Buffer.alloc(bytesMax))]).error, undefined, 'the limit itself is fine');
});

t.test('nothing is handed on after an error or a stop', async (t) => {
  const good = frameOf(Buffer.from('x'));
  t.strictSame(readAll([Buffer.from('GET / HTTP/1.1\r\n\r\n'), good]).payloads, []);
  const payloads: Buffer[] = [];
  const reader = new FrameReader(bytesMax, (payload) => {
    payloads.push(payload);
    reader.stop();
  });
  reader.push(Buffer.concat([good, good]));
  t.equal(payloads.length, 1);
});
