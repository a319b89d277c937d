import t from 'tap';
import { InvariantViolation, invariant } from '../../../src/raft/core/invariant.js';

t.test('passes a true condition and throws on a false one', async (t) => {
  invariant(true, 'never shown');
  t.throws(() => invariant(false, 'commit 5 is beyond the log'), InvariantViolation);
});
