/** Bytes per second. */
import t from 'tap';
import { TokenBucket } from '../../../src/raft/snapshots/token-bucket.js';
import { ManualClock } from '../../simulation/manual-clock.js';

t.test('a second may go at once, after that it flows', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1_000);
  t.equal(bucket.take(600), 0);
  t.equal(bucket.take(400), 0);
  t.equal(bucket.take(250), 250, 'a quarter of a second too early');
  t.equal(bucket.take(250), 500, 'and the next behind it');
  clock.advance(500);
  t.equal(bucket.take(100), 100);
});

t.test('a long silence saves up a second and no more', async (t) => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1_000);
  bucket.take(1_000);
  clock.advance(60_000);
  t.equal(bucket.take(1_000), 0);
  t.equal(bucket.take(1_000), 1_000);
});
