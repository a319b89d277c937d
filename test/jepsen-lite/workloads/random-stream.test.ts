/** A seed repeats its numbers, and streams do not disturb each other. */
import t from 'tap';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

const draw = (stream: RandomStream) => Array.from({ length: 20 }, () => stream.below(1000));

t.test('the same seed and name, the same numbers; others, others', async (t) => {
  t.same(draw(new RandomStream(7, 'a')), draw(new RandomStream(7, 'a')));
  t.notSame(draw(new RandomStream(7, 'a')), draw(new RandomStream(8, 'a')));
  t.notSame(draw(new RandomStream(7, 'a')), draw(new RandomStream(7, 'b')));
});

t.test('one draw more in a stream changes nothing in another', async (t) => {
  const one = new RandomStream(7);
  const other = new RandomStream(7);
  draw(other.stream('x'));
  other.below(3);
  t.same(draw(one.stream('y')), draw(other.stream('y')));
});

t.test('numbers are spread and within their limits', async (t) => {
  const stream = new RandomStream(1);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i += 1) {
    const drawn = stream.between(3, 12) - 3;
    counts[drawn] = (counts[drawn] ?? Number.NaN) + 1;
  }
  for (const count of counts) t.ok(count > 800 && count < 1200, `${count} of 10,000`);
});
