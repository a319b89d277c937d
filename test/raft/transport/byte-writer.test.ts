/** Integers survive the wire in one form only, and never outside their bounds. */
import fc from 'fast-check';
import t from 'tap';
import { ByteReader } from '../../../src/raft/transport/byte-reader.js';
import {
  ByteWriter,
  varintBytes,
  varintBytesMax,
} from '../../../src/raft/transport/byte-writer.js';
import { u53 } from './message-samples.js';

t.test('every integer of 53 bits comes back and takes the bytes that were counted', async () => {
  fc.assert(
    fc.property(u53, (value) => {
      const writer = new ByteWriter(varintBytesMax);
      writer.varint(value);
      const bytes = writer.buffer.subarray(0, writer.position);
      const reader = new ByteReader(bytes);
      return reader.varint() === value && reader.done && varintBytes(value) === bytes.length;
    }),
  );
});

t.test('what is no integer of 53 bits is a programmer error', async (t) => {
  for (const value of [-1, 1.5, Number.NaN, 2 ** 53]) {
    t.throws(() => new ByteWriter(8).varint(value), { name: 'InvariantViolation' }, `${value}`);
  }
});

t.test('the writer grows and keeps what was written', async (t) => {
  const writer = new ByteWriter(4);
  for (let value = 0; value < 100; value++) {
    writer.ensure(1);
    writer.u8(value);
  }
  t.strictSame(
    [...writer.buffer.subarray(0, writer.position)],
    Array.from({ length: 100 }, (_, value) => value),
  );
});
