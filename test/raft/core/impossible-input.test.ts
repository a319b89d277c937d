/**
 * What stops a replica because of others is told from what stops it because of itself.
 */
import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';

t.test('impossible input names itself and is no programmer error', async (t) => {
  const error = new ImpossibleInput('two leaders in term 3');
  t.match(error, { name: 'ImpossibleInput', message: 'two leaders in term 3' });
  t.notOk(error instanceof InvariantViolation);
});
