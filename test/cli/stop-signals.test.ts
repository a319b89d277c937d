import t from 'tap';
import { StopSignals } from '../../src/cli/stop-signals.js';

t.test('the first signal asks, the second insists', async (t) => {
  const before = process.listenerCount('SIGINT');
  const signals = new StopSignals();
  let insisted = false;
  signals.second.then(() => {
    insisted = true;
  });
  t.notOk(signals.requested);
  process.emit('SIGINT');
  await signals.first;
  t.ok(signals.requested);
  t.notOk(insisted);
  process.emit('SIGTERM');
  await signals.second;
  signals.close();
  t.equal(process.listenerCount('SIGINT'), before);
});
