import t from 'tap';
import { defaultLimits } from '../../src/http/limits.js';
import { Problem } from '../../src/http/problems.js';
import { readContext } from '../../src/http/request-context.js';
import { readHeaders } from '../../src/http/request-headers.js';

const read = (...rawHeaders: string[]) => readContext('id', readHeaders(rawHeaders), defaultLimits);

t.test('time and forwarding', (t) => {
  t.same(read(), { requestId: 'id', timeoutMs: 5_000, forward: true });
  t.same(read('Kvorum-Timeout', '60s', 'Kvorum-Forward', 'never'), {
    requestId: 'id',
    timeoutMs: 60_000,
    forward: false,
  });
  t.end();
});

t.test('what is not acceptable is named', (t) => {
  const refused: readonly (readonly [string[], object])[] = [
    [['Kvorum-Timeout', '61s'], { code: 'invalid_header' }],
    [['Kvorum-Forward', 'Never'], { code: 'invalid_header' }],
    [['Idempotency-Key', 'x'], { code: 'not_built', facts: { header: 'Idempotency-Key' } }],
    [['Host', 'a', 'host', 'b'], { code: 'repeated_header' }],
  ];
  for (const [headers, expected] of refused) {
    const problem = read(...headers);
    t.type(problem, Problem);
    t.match(problem, expected, headers.join(' '));
  }
  t.end();
});
