import t from 'tap';
import { defaultLimits } from '../../src/http/limits.js';
import { isBug, pageProblem } from '../../src/http/page-problem.js';
import { Problem } from '../../src/http/problems.js';
import { KvError } from '../../src/kv/errors.js';

const of = (error: unknown, method = 'GET') => pageProblem(error, method, defaultLimits);

t.test('problems and refusals of the service are what they are', (t) => {
  const problem = new Problem('shard_not_found');
  t.equal(of(problem), problem);
  const refused = of(new KvError('epoch_mismatch', { currentEpoch: 7 }, 'why'));
  t.match(refused, { code: 'epoch_mismatch', facts: { current_epoch: 7, detail: 'why' } });
  t.end();
});

t.test("fastify's own refusals have a code of the catalogue", (t) => {
  const status = (statusCode: number, code = 'FST_X') =>
    of(Object.assign(new Error('x'), { statusCode, code }));
  t.match(status(404), { code: 'route_not_found' });
  t.match(status(413), { code: 'body_too_large', facts: { limit: 'adminBodyBytesMax' } });
  t.match(status(415), { code: 'unsupported_media_type', message: /application\/json/ });
  t.match(status(400, 'FST_ERR_CTP_EMPTY_JSON_BODY'), { message: 'The body is empty.' });
  t.match(status(400, 'FST_ERR_CTP_INVALID_JSON_BODY'), { message: 'The body is no JSON.' });
  t.match(status(400), { code: 'invalid_target' });
  t.end();
});

t.test('a bug in the middle of a change leaves its outcome open', (t) => {
  t.equal(of(new Error('x')).code, 'internal_error');
  t.equal(of(new Error('x'), 'POST').code, 'internal_error_on_write');
  t.equal(of(undefined).code, 'internal_error');
  t.ok(isBug('internal_error_on_write'));
  t.notOk(isBug('no_leader'));
  t.end();
});
