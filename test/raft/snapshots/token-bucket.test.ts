/** Bytes per second. */
import t from 'tap';
import { TokenBucket } from '../../../src/raft/snapshots/token-bucket.js';
import { ManualClock } from '../../simulation/manual-clock.js';

t.test('a second may go at once, after that it flows', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1_000);
  t.equal(bucket.take(600, 1_000), 0);
  t.equal(bucket.take(400, 1_000), 0);
  t.equal(bucket.take(250, 1_000), 250, 'a quarter of a second too early');
  t.equal(bucket.take(250, 1_000), 500, 'and the next behind it');
  clock.advance(500);
  t.equal(bucket.take(100, 1_000), 100);
});

t.test('a long silence saves up a second and no more', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1_000);
  bucket.take(1_000, 1_000);
  clock.advance(60_000);
  t.equal(bucket.take(1_000, 1_000), 0);
  t.equal(bucket.take(1_000, 1_000), 1_000);
});

t.test('nothing is taken by whoever would be queued for too long', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1_000);
  t.equal(bucket.take(1_500, 0), 500);
  for (let i = 0; i < 100; i += 1) t.equal(bucket.take(1, 499), undefined);
  clock.advance(1);
  t.equal(bucket.take(500, 499), 999, 'a large request gets in as soon as a small one would');
});
