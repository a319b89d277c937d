/** One loud line per change, whatever is tried, in bounded memory. */
import t from 'tap';
import { RefusalLog } from '../../../src/raft/transport/refusal-log.js';
import { LogLines } from './socket-cluster.js';

t.test('the same reason is loud once, a new one again, and so after a success', async (t) => {
  const lines = new LogLines();
  const log = new RefusalLog(lines);
  for (const reason of ['a', 'a', 'b', 'b', 'a']) log.warn('2', { reason }, 'refused');
  t.strictSame(lines.warnings, ['a', 'b', 'a']);
  t.equal(lines.lines.length, 5, 'the others are there for who debugs');
  log.clear('2');
  log.warn('2', { reason: 'a' }, 'refused');
  t.equal(lines.warnings.length, 4);
});

t.test('keys are independent, and the oldest is forgotten', async (t) => {
  const lines = new LogLines();
  const log = new RefusalLog(lines);
  for (let key = 0; key < 129; key++) log.warn(String(key), { reason: 'a' }, 'refused');
  log.warn('128', { reason: 'a' }, 'refused');
  t.equal(lines.warnings.length, 129);
  log.warn('0', { reason: 'a' }, 'refused');
  t.equal(lines.warnings.length, 130, 'the first one was forgotten');
});
