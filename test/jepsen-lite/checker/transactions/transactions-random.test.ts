/** Verdicts on random transactions, against how they were made and against all orders. */
import t from 'tap';
import { defaultLimits } from '../../../../jepsen-lite/checker/limits.js';
import {
  checkListAppend,
  checkRegisterTransactions,
} from '../../../../jepsen-lite/checker/transactions/transactions.js';
import type { HistoryEvent, Value } from '../../../../jepsen-lite/history/event.js';
import { toJsonLine } from '../../../../jepsen-lite/history/json-lines.js';
import { pair } from '../../../../jepsen-lite/history/pairing.js';
import { type Random, randomFrom } from '../random-histories.js';
import {
  hasAnyOrder,
  type Mistake,
  type Model,
  RandomStore,
  type Shape,
} from './random-transactions.js';

const judge = { append: checkListAppend, w: checkRegisterTransactions };
const models: readonly Model[] = ['append', 'w'];

function verdictOf(events: readonly HistoryEvent[], model: Model) {
  return judge[model](events, pair(events), defaultLimits);
}

for (const model of models) {
  t.test(`${model}: what a right store did is possible`, async (t) => {
    let open = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const size = { clients: 2 + (seed % 6), transactions: 60, keys: 1 + (seed % 5), steps: 4 };
      const events = new RandomStore(randomFrom(seed), { model, ...size, lost: 0.1 }).run();
      const { validity, explanation } = verdictOf(events, model);
      if (validity === 'invalid') return t.fail(`seed ${seed}: ${explanation}`);
      if (validity === 'unknown') open += 1;
    }
    t.equal(open, 0, `${open} of 400 stay open`);
  });

  t.test(`${model}: the verdict is that of trying every order`, async (t) => {
    const count = { possible: 0, impossible: 0, open: 0 };
    for (let seed = 1; seed <= 3000; seed += 1) {
      const random = randomFrom(seed);
      const shape = { clients: 3, transactions: 6, keys: 2, steps: 3, lost: 0.15 };
      const honest = new RandomStore(random, { model, ...shape }).run();
      const events = falsified(honest, random, model);
      const operations = pair(events);
      const possible = hasAnyOrder(operations, model);
      count[possible ? 'possible' : 'impossible'] += 1;
      const { validity, explanation } = verdictOf(events, model);
      if (validity === 'unknown') count.open += 1;
      else if ((validity === 'valid') !== possible) {
        const lines = events.map(toJsonLine).join('');
        return t.fail(`seed ${seed}: ${validity}, possible: ${possible}\n${explanation}\n${lines}`);
      }
    }
    t.ok(count.possible > 300 && count.impossible > 300, JSON.stringify(count));
    t.equal(count.open, 0, `${count.open} stay open`);
  });

  const mistakes: readonly Mistake[] = [
    ...(['stale-read', 'lost-write', 'refused-but-applied', 'old-snapshot'] as const),
    ...(['applied-twice', 'half-applied'] as const),
  ];
  for (const mistake of mistakes) {
    // A register that is written twice the same looks as if it was written once.
    if (model === 'w' && mistake === 'applied-twice') continue;
    t.test(`${model}: ${mistake} is found`, async (t) => {
      let caught = 0;
      const shape: Shape = { model, clients: 4, transactions: 300, keys: 3, steps: 3, lost: 0.25 };
      for (let seed = 1; seed <= 20; seed += 1) {
        const store = new RandomStore(randomFrom(seed), { ...shape, mistake });
        const { validity } = verdictOf(store.run(), model);
        if (validity === 'invalid') caught += 1;
      }
      t.equal(caught, 20);
    });
  }
}

/** One read shows something else: another row of the key, as it was or with something more. */
function falsified(
  events: readonly HistoryEvent[],
  random: Random,
  model: Model,
): readonly HistoryEvent[] {
  const reads = events.filter(
    ({ type, value }) => type === 'ok' && JSON.stringify(value).includes('"r"'),
  );
  const lie = reads[Math.floor(random() * reads.length)];
  return events.map((event) => {
    if (event !== lie || !Array.isArray(event.value)) return event;
    return { ...event, value: event.value.map((step: Value) => lieOf(step, random, model)) };
  });
}

function lieOf(step: Value, random: Random, model: Model): Value {
  if (!Array.isArray(step) || step[0] !== 'r') return step;
  const [kind, key, value] = step as readonly Value[];
  const drawn = 1 + Math.floor(random() * 6);
  if (model === 'w') return [kind ?? null, key ?? null, random() < 0.3 ? null : drawn];
  const list = Array.isArray(value) ? (value as readonly Value[]) : [];
  const draw = random();
  const other =
    draw < 0.5 ? list.slice(0, -1) : draw < 0.9 ? [...list, drawn] : [...list].reverse();
  return [kind ?? null, key ?? null, other];
}
