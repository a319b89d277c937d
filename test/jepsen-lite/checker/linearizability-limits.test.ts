/** What a check may take, and that easy keys need not wait for hard ones. */
import t from 'tap';
import { check, type Operation, pair } from '../../../jepsen-lite/checker/index.js';
import { MemoryBudget } from '../../../jepsen-lite/checker/linearizability/memory-budget.js';
import { VisitedTable } from '../../../jepsen-lite/checker/linearizability/visited-table.js';
import { interleaved, withManyLies, withStaleRead } from './large-histories.js';
import { RandomCell, randomFrom } from './random-histories.js';
import { story } from './story.js';

/**
 * Every value is written three times, all at once, and read while they are; when all is over one is
 * read although another was written since. No rule sees that, and nobody can try all orders.
 */
function hopeless(key: string, process: number): Operation[] {
  const told = story();
  told.call(process, 'put', 'last').answered(process);
  for (let each = 0; each < 36; each += 1) told.call(process + each, 'put', `v${each % 12}`);
  for (let each = 36; each < 48; each += 1) told.call(process + each, 'get');
  for (let each = 0; each < 36; each += 1) told.answered(process + each);
  for (let each = 36; each < 48; each += 1) told.answered(process + each, `v${each % 12}`);
  told.call(process, 'put', 'last').answered(process);
  told.call(process, 'get').answered(process, 'v0');
  return told.operations().map((operation) => ({ ...operation, key }));
}

t.test('a search that runs out of time does not know', async (t) => {
  const began = performance.now();
  const verdict = check(hopeless('k', 0), { model: 'kv', timeMs: 100 });
  t.match(verdict, { validity: 'unknown', explanation: /not finished/, culprits: [] });
  t.match(verdict.keys[0], { validity: 'unknown', method: 'search' });
  t.ok(performance.now() - began < 2_000, 'and ends in time');
});

t.test('memory is limited, and what no longer has room is searched again', async (t) => {
  const table = new VisitedTable(new MemoryBudget(1 << 20));
  const situation = (state: number) => ({
    ...{ state, from: 0, count: 1 },
    placed: Int32Array.of(state * 7),
    unknown: new Int32Array(0),
  });
  for (let state = 0; state < 100_000; state += 1) table.visit(situation(state));
  t.ok(table.isFull);
  t.ok(table.entries > 10_000, `${table.entries} entries`);
  t.ok(table.bytes <= 1 << 20, `${table.bytes} bytes`);
  t.notOk(table.visit(situation(1)), 'what is in stays in');
  t.ok(table.visit(situation(99_999)), 'what is not is new each time');
  const shape = { kind: 'register', clients: 6, operations: 60, lost: 0.2, values: 3 } as const;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = randomFrom(seed);
    const operations = pair(withManyLies(new RandomCell(random, shape).run(), random));
    const { validity } = check(operations, { model: 'cas-register', memoryBytes: 0, timeMs: 500 });
    const known = check(operations, { model: 'cas-register' }).validity;
    t.ok(validity === known || validity === 'unknown', `seed ${seed}: ${validity}, ${known}`);
  }
});

t.test('situations whose hashes are equal are told apart', async (t) => {
  const table = new VisitedTable(new MemoryBudget(1 << 28));
  let found = 0;
  // Of so many, dozens have the hash of another one.
  for (let each = 0; each < 600_000; each += 1) {
    const placed = Int32Array.of(Math.imul(each, 0x27d4eb2f), each >> 4);
    const unknown = new Int32Array(0);
    if (!table.visit({ state: 1, from: 0, count: 2, placed, unknown })) found += 1;
  }
  t.equal(found, 0);
  t.equal(table.entries, 600_000);
});

t.test('the table knows who used fewer unknown operations', async (t) => {
  const table = new VisitedTable(new MemoryBudget(1 << 20));
  const visit = (unknown: number, state = 1, placed = 5) =>
    table.visit({
      ...{ state, from: 0, count: 1 },
      placed: Int32Array.of(placed),
      unknown: Int32Array.of(unknown),
    });
  t.ok(visit(0b011));
  t.notOk(visit(0b011), 'the same');
  t.notOk(visit(0b111), 'more');
  t.ok(visit(0b100), 'others');
  t.notOk(visit(0b110), 'more than the others');
  t.ok(visit(0b001), 'fewer');
  t.notOk(visit(0b011));
  t.ok(visit(0b011, 2), 'another state');
  t.ok(visit(0b011, 1, 4), 'others have a place');
  t.equal(table.entries, 4);
});

t.test('a violation is found beside keys that nobody can finish', async (t) => {
  const shape = { kind: 'kv', clients: 5, operations: 60, lost: 0, values: 3 } as const;
  const impossible = pair(
    [...Array(50).keys()]
      .map((seed) => withManyLies(new RandomCell(randomFrom(seed), shape).run(), randomFrom(seed)))
      .find((events) => {
        const verdict = check(pair(events), { model: 'kv' });
        return verdict.validity === 'invalid' && verdict.keys[0]?.method === 'search';
      }) ?? [],
  );
  const hard = [...Array(6).keys()].flatMap((key) => hopeless(`hard ${key}`, 1_000 * (key + 1)));
  const easy = impossible.map((operation) => ({ ...operation, key: 'easy' }));
  const began = performance.now();
  const verdict = check([...hard, ...easy], { model: 'kv', timeMs: 20_000 });
  t.match(verdict, { validity: 'invalid', explanation: /^key easy: no order/ });
  t.ok(performance.now() - began < 5_000, `${Math.round(performance.now() - began)} ms`);
  t.equal(verdict.counts['unsettled'], 6);
  const [key] = verdict.keys.filter((each) => each.validity === 'invalid');
  t.ok(key?.evidence?.stuck.length, 'and it is said who could not be next');
  for (const { reason } of key?.evidence?.stuck ?? []) t.match(reason, /stands there/);
});

t.test('the sizes of the runs', async (t) => {
  const took = (operations: readonly Operation[], model: 'kv' | 'cas-register') => {
    const began = performance.now();
    const { validity } = check(operations, { model });
    return { validity, ms: performance.now() - began };
  };
  const registers = { kind: 'register', clients: 10, operations: 200, lost: 0.01 } as const;
  const many = pair(interleaved({ keys: 50, planted: 0, shape: registers, random: randomFrom(1) }));
  const valid = took(many, 'cas-register');
  t.equal(valid.validity, 'valid');
  t.ok(valid.ms < 2_000, `${many.length} operations of 50 keys in ${Math.round(valid.ms)} ms`);
  const twenty = { ...registers, clients: 20, operations: 1_000, lost: 0.05 };
  const one = pair(withStaleRead(new RandomCell(randomFrom(2), twenty).run()));
  const invalid = took(one, 'cas-register');
  t.equal(invalid.validity, 'invalid');
  t.ok(invalid.ms < 5_000, `1,000 operations, one lie, in ${Math.round(invalid.ms)} ms`);
});
