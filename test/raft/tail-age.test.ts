/** How long the state has held which entries. */
import t from 'tap';
import { TailAge } from '../../src/raft/tail-age.js';

t.test(
  'an entry is past the age when the state has held it that long, never earlier',
  async (t) => {
    const age = new TailAge(8_000);
    t.equal(age.past(10, 0), 0);
    t.equal(age.past(20, 999), 0, 'between two samples');
    t.equal(age.past(20, 1_000), 0);
    t.equal(age.past(30, 7_999), 0);
    t.equal(age.past(30, 8_000), 10);
    t.equal(age.past(30, 9_000), 20);
    t.equal(age.past(30, 15_998), 20);
    t.equal(age.past(30, 16_000), 30, 'D11: also when nothing happens any more');
    t.equal(age.past(30, 99_000), 30);
  },
);

t.test('nothing durable, nothing past', async (t) => {
  const age = new TailAge(1_000);
  t.equal(age.past(0, 0), 0);
  t.equal(age.past(0, 10_000), 0);
  t.equal(age.past(5, 20_000), 0, 'counted from when it was seen');
  t.equal(age.past(5, 21_000), 5);
});
