import t from 'tap';
import { withStep } from '../../../src/kv/balance/job-steps.js';
import { snapshotRate } from '../../../src/kv/balance/snapshot-rate.js';
import { jobOf } from './jobs-world.js';

t.test('the copies of a job share its limit, and the limit ends with it', async (t) => {
  let job = jobOf(3, { maxBytesPerSecond: 900 });
  const rate = (shard: number) => snapshotRate(shard, { jobs: new Map([['1', job]]) });
  t.equal(rate(1), 900);
  for (const at of [0, 1, 2]) job = withStep(job, at, { begunMs: 1, state: 'catching_up' });
  t.equal(rate(1), 300);
  t.equal(rate(9), undefined, 'no job says anything of it');
  job = { ...job, state: 'cancelled' };
  t.equal(rate(1), undefined);
});
