import t from 'tap';
import { InFlight } from '../../src/http/in-flight.js';

t.test('counts, and sweeps what is overdue', (t) => {
  let now = 0;
  const inFlight = new InFlight(2, () => now);
  const expired: number[] = [];
  const waiting = (overdueMs: number) => ({ overdueMs, expire: () => expired.push(overdueMs) });
  const [first, second] = [waiting(10), waiting(20)];
  inFlight.add(first);
  t.notOk(inFlight.full);
  inFlight.add(second);
  t.ok(inFlight.full);
  inFlight.sweep();
  t.same(expired, []);
  now = 10;
  inFlight.sweep();
  t.same(expired, [10]);
  t.ok(inFlight.remove(first), 'was still waiting');
  t.notOk(inFlight.remove(first), 'only once');
  t.equal(inFlight.size, 1);
  inFlight.start();
  inFlight.start();
  inFlight.stop();
  inFlight.stop();
  t.end();
});
