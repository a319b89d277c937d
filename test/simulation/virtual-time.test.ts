import t from 'tap';
import { SeededRandom } from '../raft/core/seeded-random.js';
import { VirtualTime } from './virtual-time.js';

function runAll(time: VirtualTime, untilMs = 1_000_000): void {
  while (time.step(untilMs));
}

t.test(
  'events run in the order of their times, those of one moment as they were set',
  async (t) => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.after(5, () => seen.push('b'));
    time.after(1, () => {
      seen.push('a');
      time.after(4, () => seen.push('d'));
      time.after(0, () => seen.push('a, at once'));
    });
    time.after(5, () => seen.push('c'));
    runAll(time);
    t.same(seen, ['a', 'a, at once', 'b', 'c', 'd']);
  },
);

t.test('a cancelled event does not run, and a step ends where it was told to', async (t) => {
  const time = new VirtualTime();
  let ran = 0;
  const cancel = time.after(1, () => {
    ran += 1;
  });
  time.after(10, () => {
    ran += 1;
  });
  cancel();
  t.notOk(time.step(5));
  t.equal(time.nowMs, 5);
  t.ok(time.step(20));
  t.equal(time.nowMs, 10);
  t.equal(ran, 1);
});

t.test('a heap of thousands is a sorted list', async (t) => {
  const time = new VirtualTime();
  const random = new SeededRandom(7);
  const expected: [number, number][] = [];
  const seen: [number, number][] = [];
  for (let i = 0; i < 5_000; i += 1) {
    const atMs = random.below(500);
    const cancel = time.after(atMs, () => seen.push([atMs, i]));
    if (random.chance(0.3)) cancel();
    else expected.push([atMs, i]);
  }
  runAll(time);
  expected.sort(([aMs, a], [bMs, b]) => aMs - bMs || a - b);
  t.same(seen, expected);
});
