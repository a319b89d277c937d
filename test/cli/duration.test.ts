import t from 'tap';
import { parseDurationMs } from '../../src/cli/duration.js';

t.test('durations have a unit', async (t) => {
  t.equal(parseDurationMs('250ms'), 250);
  t.equal(parseDurationMs('2s'), 2000);
  t.equal(parseDurationMs('1m'), 60_000);
  for (const wrong of ['', '5', '1h', '-1s', '1.5s', ' 1s', 's', '1234567890s']) {
    t.equal(parseDurationMs(wrong), undefined, wrong);
  }
});
