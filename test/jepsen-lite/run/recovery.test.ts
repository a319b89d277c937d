/** What is measured as a recovery, and what is not. */
import t from 'tap';
import { quantile, RecoveryTimes } from '../../../jepsen-lite/run/recovery.js';

const ms = 1e6;
const ok = (endpoint: number, invoked: number, completed: number) => ({
  type: 'ok' as const,
  endpoint,
  invokedNs: invoked * ms,
  completedNs: completed * ms,
});

t.test('from the end of the last fault until every endpoint has answered', async (t) => {
  const times = new RecoveryTimes(2);
  times.faultStarted();
  times.faultStopped(100 * ms);
  times.answered(ok(0, 90, 110));
  t.equal(times.maxMs, null, 'that request began before');
  times.answered(ok(0, 120, 130));
  times.answered({ ...ok(1, 130, 140), type: 'fail' });
  t.equal(times.maxMs, null, 'the other endpoint has not served');
  times.answered(ok(1, 200, 350));
  t.equal(times.maxMs, 250);
  times.answered(ok(1, 400, 900));
  t.equal(times.maxMs, 250, 'it is over');
});

t.test('a fault that begins meanwhile spoils the measurement', async (t) => {
  const times = new RecoveryTimes(1);
  times.faultStarted();
  times.faultStarted();
  times.faultStopped(100 * ms);
  times.answered(ok(0, 110, 120));
  t.equal(times.maxMs, null, 'one fault is still there');
  times.faultStopped(200 * ms);
  times.faultStarted();
  times.answered(ok(0, 210, 220));
  t.equal(times.maxMs, null);
});

t.test('quantiles', async (t) => {
  t.equal(quantile([], 0.5), null);
  t.equal(quantile([3], 0.5), 3);
  t.equal(quantile([4, 1, 3, 2], 0.5), 2);
  t.equal(quantile([4, 1, 3, 2], 1), 4);
});
