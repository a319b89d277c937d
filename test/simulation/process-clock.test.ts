import t from 'tap';
import { MachineClock, ProcessClock } from './process-clock.js';
import { VirtualTime } from './virtual-time.js';

function clocks() {
  const time = new VirtualTime();
  const machine = new MachineClock(time);
  const clock = new ProcessClock({ time, machine, node: 1, turnMs: 1 });
  const seen: string[] = [];
  const note = (what: string) => () => {
    seen.push(`${what} at ${time.nowMs}`);
  };
  const until = (ms: number) => {
    while (time.step(ms));
  };
  return { time, machine, clock, seen, note, until };
}

t.test('nothing runs during a pause; what came meanwhile runs after it, in order', async (t) => {
  const { time, clock, seen, note, until } = clocks();
  clock.after(10, note('timer'));
  clock.every(30, note('period'));
  time.after(5, () => clock.pause());
  time.after(20, () => clock.enter(note('message')));
  time.after(95, () => clock.resume());
  until(130);
  t.same(seen, ['timer at 95', 'message at 95', 'period at 95', 'period at 125']);
  t.equal(clock.monotonicMs(), 130);
});

t.test('the clock of a suspended machine stands still', async (t) => {
  const { machine, until } = clocks();
  until(10);
  machine.setRate(0);
  until(100);
  t.equal(machine.monotonicMs(), 10);
  machine.setRate(2);
  until(110);
  t.equal(machine.monotonicMs(), 30);
});

t.test('a fast clock rings early, a jump moves the wall clock alone', async (t) => {
  const { machine, clock, seen, note, until } = clocks();
  machine.setRate(2);
  clock.after(10, note('timer'));
  until(20);
  t.same(seen, ['timer at 5']);
  const before = machine.wallMs();
  machine.wallOffsetMs -= 5_000;
  t.equal(machine.wallMs(), before - 5_000);
  t.equal(machine.monotonicMs(), 40);
});

t.test('nothing of a dead process happens', async (t) => {
  const { time, clock, seen, note, until } = clocks();
  clock.after(10, note('timer'));
  clock.pause();
  clock.enter(note('message'));
  time.after(5, () => clock.kill());
  time.after(6, () => clock.resume());
  until(50);
  t.same(seen, []);
});
