import t from 'tap';
import { clusterContext, epochTag, expectedEpoch } from '../../src/http/cluster-context.js';
import { defaultLimits } from '../../src/http/limits.js';
import { Problem } from '../../src/http/problems.js';
import { readHeaders } from '../../src/http/request-headers.js';

function contextOf(headers: readonly string[], body: unknown = {}, path = '/p') {
  const request = { id: 'r', method: 'POST', path, query: {}, body };
  return clusterContext({ ...request, headers: readHeaders(headers) }, defaultLimits);
}

t.test('time, reason and the key of a request that creates', async (t) => {
  const context = contextOf(['Kvorum-Timeout', '2s'], { reason: 'because' });
  t.same(context, { requestId: 'r', timeoutMs: 2_000, actor: 'operator', reason: 'because' });
  t.match(contextOf([], null), { reason: '', timeoutMs: defaultLimits.timeoutMsDefault });
  const key = ['Idempotency-Key', 'k-1'];
  const first = contextOf(key, { a: 1 }).idempotency;
  t.match(first, { key: 'k-1', fingerprint: /^[0-9a-f]{32}$/ });
  t.same(contextOf(key, { a: 1 }).idempotency, first);
  t.notSame(contextOf(key, { a: 2 }).idempotency, first);
  t.notSame(contextOf(key, { a: 1 }, '/q').idempotency, first);
  for (const bad of ['', 'a b', 'x'.repeat(201)]) {
    t.throws(() => contextOf(['Idempotency-Key', bad]), { code: 'invalid_header' }, bad);
  }
  t.throws(() => contextOf(['Kvorum-Timeout', 'soon']), Problem);
});

t.test('the epoch that the client decided by', async (t) => {
  const epoch = (value: string) => expectedEpoch(readHeaders(['If-Match', value]));
  t.equal(epoch(epochTag(42)), 42);
  t.equal(epoch('*'), undefined);
  t.equal(expectedEpoch(readHeaders([])), undefined);
  for (const bad of ['42', 'W/"42"', '"a"', '"1", "2"', '']) {
    t.throws(() => epoch(bad), { code: 'invalid_header' }, bad);
  }
});
