/**
 * Integers as bytes.
 */
import * as fc from 'fast-check';
import t from 'tap';
import { getUint64, isCount, putUint64 } from '../../../src/raft/core/integers.js';

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
