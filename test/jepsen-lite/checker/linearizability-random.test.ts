/**
 * The checker against one that tries everything, on small random histories: true ones, ones with a
 * false answer, and ones with events that changed places. And on large ones that are true.
 */
import t from 'tap';
import { check } from '../../../jepsen-lite/checker/index.js';
import { Cell } from '../../../jepsen-lite/checker/linearizability/cell.js';
import { MemoryBudget } from '../../../jepsen-lite/checker/linearizability/memory-budget.js';
import { cellModels, toAction } from '../../../jepsen-lite/checker/linearizability/models.js';
import { withKnownRevisions } from '../../../jepsen-lite/checker/linearizability/revisions.js';
import { Search } from '../../../jepsen-lite/checker/linearizability/search.js';
import { judgeUniqueValues } from '../../../jepsen-lite/checker/linearizability/unique-values.js';
import { resolveUnknown } from '../../../jepsen-lite/checker/linearizability/unknown-operations.js';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { isLinearizable } from './brute-force.js';
import { falsified, RandomCell, randomFrom, type Shape, shifted } from './random-histories.js';

const small = { clients: 4, operations: 8, lost: 0.2 };
const shapes: Record<string, Shape> = {
  'a register, values written once': { kind: 'register', ...small },
  'a register, few values': { kind: 'register', ...small, values: 2 },
  'a register, many lost answers': { kind: 'register', ...small, lost: 0.5, values: 3 },
  'a register that tells of failures': { kind: 'register', ...small, tellsFailures: true },
  'a register that tells of failures, few values': {
    ...{ kind: 'register', ...small, tellsFailures: true, values: 3 },
  },
  'keys and values': { kind: 'kv', ...small },
  'keys and few values': { kind: 'kv', ...small, values: 2 },
  appends: { kind: 'kv', ...small, appends: true },
  'appends of few values': { kind: 'kv', ...small, appends: true, values: 2 },
  'appends that can be read in several ways': {
    ...{ kind: 'kv', ...small, appends: true, texts: ['a', 'ab', 'b', 'ba', 'aa', 'bb'] },
  },
  'texts that are empty': { kind: 'kv', ...small, lost: 0.3, texts: ['a', '', 'b', '', 'c'] },
  'nothing told as empty, some appends': {
    ...{ kind: 'kv', ...small, appends: true, texts: ['a', 'b', 'c'] },
  },
  revisions: { kind: 'revisions', ...small },
  'revisions alone': { kind: 'revisions', ...small, isBare: true },
  'revisions, few values': { kind: 'revisions', ...small, values: 2 },
  'revisions, many lost answers': { kind: 'revisions', ...small, lost: 0.5 },
};
const runs = Number(process.env['RUNS'] ?? 700);

t.test('every verdict is the one of trying everything', async (t) => {
  for (const [name, shape] of Object.entries(shapes)) {
    const verdicts = { valid: 0, invalid: 0 };
    for (let seed = 1; seed <= runs; seed += 1) {
      const events = story(seed, shape);
      const possible = isLinearizable(pair(events)) ? 'valid' : 'invalid';
      verdicts[possible] += 1;
      const model = shape.kind === 'register' ? 'cas-register' : 'kv';
      const found = check(pair(events), { model });
      if (found.validity === possible) continue;
      t.fail(`${name}, seed ${seed}: ${found.validity}, but ${possible}`, {
        explanation: found.explanation,
        events: events.map((event) => JSON.stringify(event)),
      });
      return;
    }
    t.ok(Math.min(verdicts.valid, verdicts.invalid) > runs / 20, `${name}: ${show(verdicts)}`);
  }
});

t.test('the search alone, with nothing settled before, says the same', async (t) => {
  for (const [name, shape] of Object.entries(shapes)) {
    for (let seed = 1; seed <= runs; seed += 1) {
      const operations = pair(story(seed, shape));
      const model = shape.kind === 'register' ? cellModels['cas-register'] : cellModels.kv;
      const actions = operations.flatMap((operation) => toAction(operation, model) ?? []);
      const judged = actions.filter(
        ({ operation: { status }, kind }) =>
          status === 'ok' || (status === 'unknown' && kind !== 'read'),
      );
      const found = new Search(new Cell(withKnownRevisions(judged)), new MemoryBudget(1 << 30)).run(
        1e9,
      );
      const possible = isLinearizable(operations) ? 'valid' : 'invalid';
      if (found !== possible) return t.fail(`${name}, seed ${seed}: ${found}, but ${possible}`);
      const unique = judgeUniqueValues(resolveUnknown(judged)).validity;
      if (unique === 'undecided' || unique === possible) continue;
      return t.fail(`${name}, seed ${seed}: by values ${unique}, but ${possible}`);
    }
  }
});

function story(seed: number, shape: Shape): HistoryEvent[] {
  const random = randomFrom(seed);
  const events = new RandomCell(random, shape).run();
  if (seed % 3 === 0) return events;
  return seed % 3 === 1 ? falsified(events, random) : shifted(falsified(events, random), random);
}

function show(verdicts: Record<string, number>): string {
  return Object.entries(verdicts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
}
