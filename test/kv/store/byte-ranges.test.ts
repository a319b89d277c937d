import fc from 'fast-check';
import t from 'tap';
import { ByteRanges } from '../../../src/kv/store/byte-ranges.js';

t.test('the first hole is where a plain list of bytes has it', async () => {
  const piece = fc.tuple(fc.nat(40), fc.nat(12));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), fc.nat(50), (pieces, length) => {
      const ranges = new ByteRanges();
      const bytes = new Uint8Array(60);
      for (const [start, count] of pieces) {
        ranges.add(start, start + count);
        bytes.fill(1, start, start + count);
      }
      const hole = bytes.indexOf(0);
      return ranges.firstHole(length) === (hole >= length ? undefined : hole);
    }),
    { numRuns: 500 },
  );
});

t.test('pieces that touch are one', async (t) => {
  const ranges = new ByteRanges();
  ranges.add(10, 20);
  ranges.add(30, 40);
  ranges.add(5, 5);
  t.equal(ranges.count, 2);
  ranges.add(20, 30);
  t.equal(ranges.count, 1);
  t.equal(ranges.firstHole(40), 0);
  ranges.add(0, 10);
  t.equal(ranges.firstHole(40), undefined);
  t.equal(ranges.firstHole(41), 40);
  t.equal(new ByteRanges().firstHole(0), undefined, 'an empty file is complete');
});
