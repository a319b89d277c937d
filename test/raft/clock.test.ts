/** The real clock does what its interface says. */
import t from 'tap';
import { realClock } from '../../src/raft/clock.js';

t.test('monotonic time rises, wall time is Unix time', async (t) => {
  const before = realClock.monotonicMs();
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(realClock.monotonicMs() >= before);
  t.ok(Math.abs(realClock.wallMs() - Date.now()) < 60_000);
});

t.test('soon runs after what this pass has collected', async (t) => {
  const order: string[] = [];
  const ran = new Promise<void>((resolve) => {
    realClock.soon(() => {
      order.push('soon');
      resolve();
    });
  });
  order.push('now');
  await Promise.resolve().then(() => order.push('microtask'));
  await ran;
  t.same(order, ['now', 'microtask', 'soon']);
});

t.test('timers run and can be cancelled', async (t) => {
  const never = realClock.after(1, () => t.fail('it was cancelled'));
  never();
  let periods = 0;
  await new Promise<void>((resolve) => {
    const cancel = realClock.every(1, () => {
      periods += 1;
      if (periods < 3) return;
      cancel();
      realClock.after(5, resolve);
    });
  });
  t.equal(periods, 3, 'cancelling ends it');
});
