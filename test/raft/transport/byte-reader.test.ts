/** Bytes that are not the format are an error at a named place. */
import t from 'tap';
import { ByteReader, FormatError } from '../../../src/raft/transport/byte-reader.js';

const cases: [string, number[], RegExp][] = [
  ['an end inside an integer', [0x80], /ends inside a record/],
  ['a second form of the same integer', [0x80, 0x00], /longer than needed/],
  ['54 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10], /over 53 bits/],
  ['an integer that never ends', Array.from({ length: 12 }, () => 0xff), /over 53 bits/],
];

for (const [name, bytes, why] of cases) {
  t.test(`refused: ${name}`, async (t) => {
    t.throws(() => new ByteReader(Buffer.from(bytes)).varint(), { message: why });
    t.throws(() => new ByteReader(Buffer.from(bytes)).varint(), FormatError);
  });
}

t.test('a length beyond the end is refused before anything is allocated', async (t) => {
  const reader = new ByteReader(Buffer.from([1, 2, 3]));
  t.throws(() => reader.bytes(2 ** 50), { message: /beyond the frame/ });
  t.strictSame([...reader.bytes(3)], [1, 2, 3], 'and the reader still stands where it stood');
});
