import * as fc from 'fast-check';
import t from 'tap';
import { getUint64, isCount, padded, putUint64 } from '../../../src/raft/wal/integers.js';

t.test('every safe integer comes back, little-endian', async (t) => {
  const view = new DataView(new ArrayBuffer(8));
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      putUint64(view, 0, value);
      return getUint64(view, 0) === value && view.getBigUint64(0, true) === BigInt(value);
    }),
  );
  t.pass();
});

t.test('what is not a safe integer is not a count', async (t) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, 2n ** 53n, true);
  t.notOk(isCount(getUint64(view, 0)));
  t.ok(isCount(Number.MAX_SAFE_INTEGER));
  t.notOk(isCount(-1));
  t.notOk(isCount(0.5));
});

t.test('padding goes up to the next eight', async (t) => {
  t.same([0, 1, 7, 8, 9].map(padded), [0, 8, 8, 8, 16]);
});
