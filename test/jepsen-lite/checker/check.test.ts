/** The library's entry: which operations belong to which model, and what makes no sense. */
import t from 'tap';
import {
  check,
  HistoryError,
  modelNames,
  type Operation,
  operationsOf,
  pair,
} from '../../../jepsen-lite/checker/index.js';
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';

/** One after the other, all answered. */
function history(...calls: [f: string, asked: Value, answered: Value][]): Operation[] {
  const events = calls.flatMap(([f, asked, answered], at): HistoryEvent[] => [
    { type: 'invoke', process: 0, f, value: asked, timeNs: 2 * at },
    { type: 'ok', process: 0, f, value: answered, timeNs: 2 * at + 1 },
  ]);
  return pair(events);
}

t.test('a model leaves the operations of others alone, and counts them', async (t) => {
  const operations = history(
    ['write', 1, 1],
    ['put', 'x', null],
    ['cas', [1, 2], [1, 2]],
    ['read', null, 2],
    ['get', null, 'x'],
    ['constructor', null, null],
  );
  const registers = check(operations, { model: 'cas-register' });
  t.match(registers, { validity: 'valid', counts: { operations: 3, 'of other models': 3 } });
  t.match(check(operations, { model: 'kv' }), { validity: 'valid', counts: { operations: 2 } });
  t.same(operationsOf('kv'), ['get', 'put', 'append', 'delete']);
  for (const model of modelNames) t.ok(operationsOf(model).length > 0, model);
});

t.test('an absent key', async (t) => {
  const kv = (...calls: [f: string, asked: Value, answered: Value][]) =>
    check(history(...calls), { model: 'kv' }).validity;
  t.equal(kv(['get', null, null], ['get', null, '']), 'valid');
  t.equal(kv(['append', 'a', null], ['get', null, 'a']), 'valid');
  t.equal(kv(['put', '', null], ['get', null, null]), 'invalid');
  t.equal(kv(['put', 'b', null], ['delete', null, null], ['get', null, '']), 'valid');
  t.equal(kv(['put', 'b', null], ['append', 'a', null], ['get', null, 'a']), 'invalid');
  t.equal(kv(['put', 'b', null], ['append', 'a', null], ['get', null, 'ba']), 'valid');
});

t.test('appends in another order for each reader', async (t) => {
  const verdict = check(
    history(['append', 'a', null], ['append', 'b', null], ['get', null, 'ab'], ['get', null, 'ba']),
    { model: 'kv' },
  );
  t.match(verdict, { validity: 'invalid', explanation: /append b .*took effect once/ });
  t.same(verdict.culprits, [1, 2, 3]);
});

t.test('values of a register are told apart as JSON', async (t) => {
  const verdict = check(history(['write', 1, 1], ['read', null, '1']), { model: 'register' });
  t.match(verdict, { validity: 'invalid', explanation: /^read -> 1 .*nobody ever wrote/ });
});

t.test('what makes no sense is no verdict', async (t) => {
  const bad = history(['cas', 3, 3]);
  t.throws(() => check(bad, { model: 'cas-register' }), HistoryError);
  t.throws(() => check(bad, { model: 'cas-register' }), {
    message: 'operation 0: "cas" needs [expected, next], not 3',
  });
  t.throws(() => check(history(['put', null, null]), { model: 'kv' }), HistoryError);
});
