import t from 'tap';
import { DiskLag } from '../../../src/raft/core/disk-lag.js';

const timing = { electionTicksMax: 10 };

t.test('H1: slow is who has not on disk for a timeout what a quorum has', async (t) => {
  const lag = new DiskLag(timing);
  for (let tick = 1; tick <= 11; tick += 1) {
    t.equal(lag.tooSlow(tick, { durableIndex: 4, commit: 5 }), false, `tick ${tick}`);
  }
  t.equal(lag.tooSlow(12, { durableIndex: 4, commit: 90 }), true);
});

t.test('always a little behind is not slow', async (t) => {
  const lag = new DiskLag(timing);
  for (let tick = 1; tick <= 100; tick += 1) {
    const late = { durableIndex: 10 * tick - 40, commit: 10 * tick };
    t.equal(lag.tooSlow(tick, late), false, `tick ${tick}`);
  }
});

t.test('a disk that cannot keep up is slow, although it goes on answering', async (t) => {
  const lag = new DiskLag(timing);
  const slowSince = Array.from({ length: 100 }, (_, i) => i + 1).find((tick) =>
    lag.tooSlow(tick, { durableIndex: tick, commit: 10 * tick }),
  );
  t.ok(slowSince, `tick ${slowSince}`);
});

t.test('after a hand-over it waits for a long time, and measures anew', async (t) => {
  const lag = new DiskLag(timing);
  const stuck = { durableIndex: 4, commit: 5 };
  for (let tick = 1; tick <= 12; tick += 1) lag.tooSlow(tick, stuck);
  lag.handedOver(12);
  for (let tick = 13; tick < 212; tick += 1) t.equal(lag.tooSlow(tick, stuck), false);
  t.equal(lag.tooSlow(212, stuck), true);
  lag.rest();
  t.equal(lag.tooSlow(300, stuck), false, 'another leadership');
});
