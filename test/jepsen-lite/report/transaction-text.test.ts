/** Transactions in words. */
import t from 'tap';
import { answeredText, askedText } from '../../../jepsen-lite/report/transaction-text.js';

t.test('what was asked and what was found', async (t) => {
  const asked = [
    ['r', 'a', null],
    ['append', 'b', 1],
    ['w', 'c', 'x'],
  ];
  t.equal(askedText(asked), 'read a, append 1 to b, set c to x');
  const answered = [
    ['r', 'a', [1, 2]],
    ['append', 'b', 1],
    ['r', 'd', null],
  ];
  t.equal(answeredText(answered), 'a is [1,2], d is nothing');
  t.equal(answeredText([['w', 'c', 'x']]), '');
  t.match(askedText(Array.from({ length: 20 }, () => ['r', 'a', null])), /^(read a, ){12}…$/);
  t.equal(askedText('odd'), 'odd', 'what is no list of steps is shown as it is');
});
