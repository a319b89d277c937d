/** No scenario is forgotten: each has a test that names it or a row that says why it cannot be. */
import t from 'tap';
import { readSource } from '../tidy/tree.js';
import { allNumbers, claimedNumbers, numbersIn } from './scenario-numbers.js';

t.test('numbers are found in titles, and only whole ones', async (t) => {
  t.same(numbersIn('E1, E11: two at once (R2, 5.4.2)'), ['E1', 'E11']);
  t.same(numbersIn('sys 26, 28: two of the others'), ['sys 26', 'sys 28']);
  t.same(numbersIn('H4, I11 and A0b are none'), []);
  t.equal(allNumbers().length, 116 + 38);
});

t.test('every scenario has a test or a reason', async (t) => {
  const claimed = claimedNumbers();
  const excused = new Map<string, string>();
  const readme = readSource('test/scenarios/README.md').text;
  for (const [, number = '', reason = ''] of readme.matchAll(
    /^\| ([A-Z]\d+|sys \d+) \| (.+) \|$/gm,
  )) {
    t.notOk(excused.has(number), `${number} has one row`);
    t.ok(allNumbers().includes(number), `${number} is a scenario`);
    t.ok(reason.trim().length > 40, `the row of ${number} says why`);
    excused.set(number, reason);
  }
  const missing = allNumbers().filter((number) => !claimed.has(number) && !excused.has(number));
  t.same(missing, [], 'scenarios that nobody answers for');
  const both = [...excused.keys()].filter((number) => claimed.has(number));
  t.same(both, [], 'scenarios that cannot occur and are tested all the same');
});
