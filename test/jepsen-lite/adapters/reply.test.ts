/** What answers are taken for, above all when they say little. */
import t from 'tap';
import type { HttpAnswer } from '../../../jepsen-lite/adapters/answer.js';
import { kvorum } from '../../../jepsen-lite/adapters/kvorum.js';
import { understand } from '../../../jepsen-lite/adapters/reply.js';

const answer = (status: number, body: unknown = '', headers = {}): HttpAnswer => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

t.test('an adapter that says nothing gets the safe reading', async (t) => {
  const bare = { method: 'PUT', path: '/{key}' } as const;
  const write = (status: number, call = 'write') => {
    const { type, facts } = understand(call, bare, {}, answer(status));
    return facts.outcome ?? type;
  };
  t.equal(write(200), 'ok');
  for (const status of [409, 412]) {
    t.equal(write(status, 'writeIfRevision'), 'precondition-failed');
    t.equal(write(status), 'fail', 'without a condition none has failed');
    t.equal(write(status, 'delete'), 'fail');
  }
  t.equal(write(404), 'fail');
  t.equal(write(429), 'fail');
  t.equal(write(408), 'info', 'it may have been taken in time after all');
  t.equal(write(500), 'info');
  t.equal(write(503), 'info', 'nobody said that it was not applied');
  t.equal(write(302), 'info');
  const read = (status: number) => understand('read', bare, {}, answer(status, 'text'));
  t.match(read(200), { type: 'ok', value: 'text' });
  t.match(read(404), { type: 'ok', value: null });
  t.match(read(500), { type: 'fail', facts: { error: 'HTTP 500' } }, 'a read changes nothing');
});

t.test("Kvorum's own words about the outcome are believed", async (t) => {
  const facts = kvorum.facts ?? {};
  const write = (status: number, body: object, headers = {}) =>
    understand('write', kvorum.write, facts, answer(status, body, headers));
  t.match(write(503, { code: 'no_leader', outcome: 'not_applied' }), {
    type: 'fail',
    facts: { error: 'no_leader' },
  });
  t.match(write(504, { code: 'outcome_unknown', outcome: 'unknown' }), { type: 'info' });
  t.match(write(503, {}), { type: 'info' }, 'a proxy between may say 503 of anything');
  const created = write(201, {}, { etag: '"7"', 'kvorum-revision': '7', 'kvorum-shard': '3' });
  t.same(created, {
    type: 'ok',
    facts: { revision: 7, shard: 3, shardRevision: 7, outcome: 'created' },
  });
  const late = write(504, { outcome: 'unknown' }, { etag: '"7"', 'kvorum-revision': '9' });
  t.same([late.facts.revision, late.facts.shardRevision], [undefined, undefined]);
  const conditional = answer(412, { outcome: 'not_applied' }, { etag: '"5"' });
  const refused = understand('writeIfRevision', kvorum.write, facts, conditional);
  t.match(refused, { type: 'ok', facts: { outcome: 'precondition-failed', revision: 5 } });
  const gone = (code: string) => understand('read', kvorum.read, facts, answer(404, { code }));
  t.match(gone('key_not_found'), { type: 'ok', value: null });
  t.match(gone('route_not_found'), { type: 'fail' }, 'a wrong path is no absent key');
});
