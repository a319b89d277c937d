import fc from 'fast-check';
import t from 'tap';
import { coverDefect, equalRanges, hashSpaceSize } from '../../../src/kv/shard/range.js';

t.test('equal ranges cover the hash space exactly and differ by at most one hash', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (count) => {
      const ranges = equalRanges(count);
      const sizes = ranges.map(({ start, end }) => end - start);
      return (
        ranges.length === count &&
        coverDefect(ranges) === undefined &&
        Math.max(...sizes) - Math.min(...sizes) <= 1
      );
    }),
    { seed },
  );
});

t.test('says what is wrong with ranges that are no cover', async (t) => {
  const half = hashSpaceSize / 2;
  t.equal(coverDefect([]), 'hashes from 0 on are in no range');
  t.equal(coverDefect([{ start: 0, end: half }]), `hashes from ${half} on are in no range`);
  t.equal(coverDefect([{ start: 5, end: hashSpaceSize }]), 'hashes 0 to 4 are in no range');
  t.equal(
    coverDefect([
      { start: 0, end: half },
      { start: half - 1, end: hashSpaceSize },
    ]),
    `hash ${half - 1} is in two ranges`,
  );
  t.equal(coverDefect([{ start: 0, end: 0 }]), 'the range at 0 is empty');
  t.match(coverDefect([{ start: 0, end: hashSpaceSize + 1 }]), /beyond 2\^32/);
});
