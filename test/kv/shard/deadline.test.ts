/** Waiting, but not longer than a request may take. */
import t from 'tap';
import { deadline } from '../../../src/kv/shard/deadline.js';
import { ManualClock } from '../../simulation/manual-clock.js';

function waiting(timeoutMs: number) {
  const clock = new ManualClock();
  let settle: (value: string) => void = () => {};
  const work = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const result = deadline(clock, timeoutMs, work, () => 'late');
  return { clock, settle, result };
}

t.test('the work in time', async (t) => {
  const { clock, settle, result } = waiting(100);
  clock.advance(99);
  settle('done');
  t.equal(await result, 'done');
  t.equal(clock.timers, 0, 'no timer stays');
});

t.test('the work too late', async (t) => {
  const { clock, settle, result } = waiting(100);
  clock.advance(100);
  t.equal(await result, 'late');
  settle('done');
  t.equal(clock.timers, 0);
  t.equal(await result, 'late', 'once');
});

t.test('broken, tiny and negative times are whole milliseconds from now', async (t) => {
  for (const [timeoutMs, lateMs] of [
    [0.2, 1],
    [4.5, 5],
    [0, 0],
    [-3, 0],
  ] as const) {
    const { clock, result } = waiting(timeoutMs);
    let done = false;
    void result.then(() => {
      done = true;
    });
    if (lateMs > 0) {
      clock.advance(lateMs - 1);
      await new Promise((resolve) => setImmediate(resolve));
      t.notOk(done, `${timeoutMs}: not before ${lateMs}`);
      clock.advance(1);
    } else clock.advance(0);
    t.equal(await result, 'late');
  }
});
