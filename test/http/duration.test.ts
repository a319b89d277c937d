import t from 'tap';
import { describeDuration, parseDuration } from '../../src/http/duration.js';

const range = { minMs: 10, maxMs: 60_000 };

t.test('digits and a unit', (t) => {
  t.equal(parseDuration('250ms', range), 250);
  t.equal(parseDuration('2s', range), 2000);
  t.equal(parseDuration('1m', range), 60_000);
  t.equal(parseDuration('010ms', range), 10);
  t.end();
});

t.test('anything else, or out of range, is refused', (t) => {
  const bad = ['', '5', 's', '1.5s', '-1s', '+1s', ' 1s', '1s ', '1h', '1S', '1e3ms', '9ms', '61s'];
  for (const text of [...bad, '9999999999ms', '２s', '1s\n']) {
    t.equal(parseDuration(text, range), undefined, JSON.stringify(text));
  }
  t.end();
});

t.test('the description names the range', (t) => {
  t.match(describeDuration(range), /10ms to 60s$/);
  t.end();
});
