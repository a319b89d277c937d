/** The catalogue of failures: what each promises about its effect. */
import t from 'tap';
import { KvError, type KvErrorCode, kvErrors } from '../../src/kv/errors.js';

const codes = Object.keys(kvErrors) as KvErrorCode[];

t.test('an error carries what its kind says', async (t) => {
  for (const code of codes) {
    const error = new KvError(code, { shard: 3 });
    const { outcome, retryable, sentence } = kvErrors[code];
    t.match(error, { code, outcome, retryable, message: sentence, facts: { shard: 3 } });
    t.equal(error.name, 'KvError');
    t.ok(error instanceof Error);
  }
  t.same(new KvError('no_leader').facts, {});
  t.equal(new KvError('overloaded', {}, 'in words').message, 'in words');
});

t.test(
  'only one kind leaves open whether the write happened, and that is not to be repeated',
  async (t) => {
    const unknown = codes.filter((code) => kvErrors[code].outcome === 'unknown');
    t.same(unknown, ['outcome_unknown']);
    t.notOk(kvErrors.outcome_unknown.retryable);
  },
);

t.test('every kind is one sentence', async (t) => {
  for (const code of codes) {
    t.match(kvErrors[code].sentence, /^[A-Z0-9][^\n]+\.$/, code);
    t.match(code, /^[a-z_]+$/);
  }
});
