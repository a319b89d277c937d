import t from 'tap';
import { drainMicrotasks, inMacrotask } from './microtasks.js';

t.test('everything that waits for promises alone has run after a drain', async (t) => {
  const order = await inMacrotask(() => {
    const seen: string[] = [];
    void (async () => {
      for (let i = 0; i < 1_000; i += 1) await undefined;
      seen.push('a thousand awaits');
    })();
    queueMicrotask(() => seen.push('a microtask'));
    seen.push('the event');
    drainMicrotasks();
    return [...seen];
  });
  t.same(order, ['the event', 'a microtask', 'a thousand awaits']);
});

t.test('what a run throws reaches whoever began it', async (t) => {
  await t.rejects(
    inMacrotask(() => {
      throw new Error('the run is broken');
    }),
    { message: 'the run is broken' },
  );
});
