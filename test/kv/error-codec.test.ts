import t from 'tap';
import { decodeError, encodeError } from '../../src/kv/error-codec.js';
import { KvError, type KvErrorCode, kvErrors } from '../../src/kv/errors.js';

t.test('every error arrives as it left', (t) => {
  const facts = {
    shard: 3,
    leader: 2,
    leaderHttpAddress: 'a:1',
    retryAfterMs: 10,
    stalenessMs: 20,
    currentEpoch: 7,
  };
  for (const code of Object.keys(kvErrors) as KvErrorCode[]) {
    const error = decodeError(encodeError(new KvError(code, facts, 'in words')));
    t.type(error, KvError);
    t.match(error, { code, message: 'in words', outcome: kvErrors[code].outcome });
    t.same(error?.facts, facts);
  }
  t.end();
});

t.test('what is no error of this version is none', (t) => {
  const texts = ['', '{', '[]', '{"code":"toString","message":"x"}', '{"code":"no_leader"}'];
  for (const text of texts) t.equal(decodeError(Buffer.from(text)), undefined, text);
  const strange = '{"code":"no_leader","message":"x","facts":{"shard":-1,"leader":"2","more":1}}';
  t.same(decodeError(Buffer.from(strange))?.facts, {});
  t.end();
});
