/** Ticks follow the clock, not the timer; a long gap is one tick. */
import t from 'tap';
import type { Clock } from '../../src/raft/clock.js';
import { Ticker } from '../../src/raft/ticker.js';
import { ManualClock } from '../simulation/manual-clock.js';

const options = { tickMs: 50, gapTicksMax: 4 };

/** A clock whose timer rings when the test says so. */
class RingingClock extends ManualClock implements Clock {
  nowMs = 1_000;
  cancelled = 0;
  ring: () => void = () => {};
  override monotonicMs(): number {
    return this.nowMs;
  }
  override every(_periodMs: number, run: () => void): () => void {
    this.ring = run;
    return () => {
      this.cancelled += 1;
    };
  }
}

function ticking() {
  const clock = new RingingClock();
  const ticks: number[] = [];
  const ticker = new Ticker(clock, options);
  ticker.start((count) => ticks.push(count));
  const after = (ms: number) => {
    clock.nowMs += ms;
    clock.ring();
  };
  return { clock, ticker, ticks, after };
}

t.test('one tick per period', async (t) => {
  const { ticks, after } = ticking();
  for (let i = 0; i < 3; i += 1) after(50);
  t.same(ticks, [1, 1, 1]);
});

t.test('a late timer does not slow time down, an early one does not hurry it', async (t) => {
  const { ticks, after } = ticking();
  for (const ms of [49, 1, 70, 30, 130, 70]) after(ms);
  t.same(ticks, [1, 1, 1, 2, 2], 'the 350 ms are seven ticks');
});

t.test('H3: a gap of more than four ticks is one tick, and counting starts anew', async (t) => {
  const { ticks, after } = ticking();
  after(200);
  t.same(ticks, [4], 'four are delivered');
  after(250);
  t.same(ticks, [4, 1], 'five are a pause of this machine');
  after(49);
  after(3_600_000);
  after(50);
  t.same(ticks, [4, 1, 1, 1]);
});

t.test('stopping cancels the timer, twice does no harm, and stopping first neither', async (t) => {
  const { clock, ticker } = ticking();
  ticker.stop();
  ticker.stop();
  t.equal(clock.cancelled, 1);
  new Ticker(clock, options).stop();
});

t.test('tells how late the loop came', async (t) => {
  const clock = new RingingClock();
  const ticker = new Ticker(clock, options);
  const late: number[] = [];
  ticker.start((_count, lateMs) => late.push(lateMs));
  for (const ms of [50, 62, 50, 400]) {
    clock.nowMs += ms;
    clock.ring();
  }
  t.same(late, [0, 12, 0, 350]);
});
