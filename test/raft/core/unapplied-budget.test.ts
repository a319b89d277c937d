import t from 'tap';
import { UnappliedBudget } from '../../../src/raft/core/unapplied-budget.js';
import { entriesOfTerms } from './log-of-terms.js';

t.test('room comes back when the last entry of a batch is applied', async (t) => {
  const budget = new UnappliedBudget(10);
  t.equal(budget.roomBytes, 10);
  budget.handed(entriesOfTerms([1, 1])); // '1/1' and '2/1'
  t.equal(budget.roomBytes, 4);
  budget.handed(entriesOfTerms([1, 1], 3));
  t.equal(budget.roomBytes, -2, 'one entry may pass the limit, so that large ones pass at all');
  budget.applied(1);
  t.equal(budget.roomBytes, -2, 'half a batch gives nothing back');
  budget.applied(2);
  t.equal(budget.roomBytes, 4);
  budget.applied(4);
  t.equal(budget.roomBytes, 10);
});
