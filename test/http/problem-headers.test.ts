import t from 'tap';
import { problemHeaders } from '../../src/http/problem-headers.js';

t.test('what a client may act on without reading the body', (t) => {
  const type = ['Content-Type', 'application/problem+json'];
  t.same(problemHeaders('invalid_key', {}), type);
  t.same(problemHeaders('no_leader', { retryAfterMs: 1_500 }), [...type, 'Retry-After', '2']);
  t.same(problemHeaders('method_not_allowed', { allowed: ['GET', 'HEAD'] }), [
    ...type,
    'Allow',
    'GET, HEAD',
  ]);
  const leader = ['Kvorum-Leader', '10.0.0.2:8401'];
  t.same(problemHeaders('not_leader', { leader_address: '10.0.0.2:8401' }), [...type, ...leader]);
  t.same(problemHeaders('not_leader', { leader_address: 'a\r\nSet-Cookie: x' }), type);
  t.end();
});
