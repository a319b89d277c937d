/** What follows from dependencies: contradictions that none of them shows, and fewer open ends. */
import t from 'tap';
import { check } from '../../../../jepsen-lite/checker/index.js';
import { DependencyGraph } from '../../../../jepsen-lite/checker/transactions/dependency-graph.js';
import { Reachability } from '../../../../jepsen-lite/checker/transactions/reachability.js';
import type { HistoryEvent, Value } from '../../../../jepsen-lite/history/event.js';
import { pair } from '../../../../jepsen-lite/history/pairing.js';
import { type Random, randomFrom } from '../random-histories.js';
import { hasAnyOrder, RandomStore } from './random-transactions.js';
import { concurrently } from './told-transactions.js';

const verdictOf = (events: readonly HistoryEvent[]) =>
  check(pair(events), { model: 'rw-register', events });

/** One side says that x was 2 before it was 1, and the other that it was 1 before it was 2. */
const twoSides = [
  'w x 1; w z 1',
  'w x 2; w y 1',
  'read y 1; read x 1',
  'read z 1; read x 2',
] as const;

t.test('a contradiction that only follows is one', async (t) => {
  const events = concurrently(...twoSides);
  t.notOk(hasAnyOrder(pair(events), 'w'));
  const { validity, explanation, culprits } = verdictOf(events);
  t.equal(validity, 'invalid');
  t.match(explanation, /^G2-item-realtime/);
  t.match(explanation, /other dependencies say that T1 comes before T2, which read 1/);
  t.ok(culprits.length >= 2);
  for (const left of twoSides) {
    const rest = concurrently(...twoSides.filter((one) => one !== left));
    const impossible = left.startsWith('w');
    t.equal(verdictOf(rest).validity, impossible ? 'invalid' : 'valid', `without ${left}`);
  }
});

t.test('twenty clients: right stores are valid, and one lie leaves nothing open', async (t) => {
  const shape = { model: 'w', clients: 20, steps: 4, lost: 0.05 } as const;
  const found = { valid: 0, invalid: 0, unknown: 0 };
  for (let seed = 1; seed <= 12; seed += 1) {
    const random = randomFrom(seed);
    const size = { transactions: 300, keys: [3, 5, 20][seed % 3] ?? 5 };
    const events = new RandomStore(random, { ...shape, ...size }).run();
    t.equal(verdictOf(events).validity, 'valid', `seed ${seed}`);
    found[verdictOf(withOneLie(events, random)).validity] += 1;
  }
  t.equal(found.unknown, 0);
  t.ok(found.invalid > 6, JSON.stringify(found));
});

t.test('who leads to whom, through others, and not in a circle', async (t) => {
  const operations = pair(concurrently('w x 1', 'w x 2', 'w x 3', 'w x 4'));
  const graph = new DependencyGraph(operations);
  graph.add({ from: 3, to: 1, kind: 'rt' });
  graph.add({ from: 1, to: 0, kind: 'rt' });
  const reach = Reachability.of(graph);
  t.ok(reach?.leads(3, 0));
  t.notOk(reach?.leads(0, 3));
  t.notOk(reach?.leads(3, 2));
  t.notOk(reach?.leads(3, 3));
  graph.add({ from: 0, to: 3, kind: 'rt' });
  t.equal(Reachability.of(graph), undefined);
});

/** One read finds something else that was written to its key not long before. */
function withOneLie(events: readonly HistoryEvent[], random: Random): readonly HistoryEvent[] {
  const stepsOf = ({ type, value }: HistoryEvent) =>
    type === 'ok' ? (value as readonly (readonly Value[])[]) : [];
  for (;;) {
    const at = Math.floor(random() * events.length);
    const [first] = events[at] === undefined ? [] : stepsOf(events[at]);
    const [kind, key, value] = first ?? [];
    if (kind !== 'r' || value === null) continue;
    const written = events
      .slice(Math.max(0, at - 80), at)
      .flatMap(stepsOf)
      .filter((step) => step[0] === 'w' && step[1] === key && step[2] !== value);
    const other = written[Math.floor(random() * written.length)]?.[2];
    if (other === undefined) continue;
    return events.map((event, i) => {
      if (i !== at) return event;
      const lie = stepsOf(event).map((step) =>
        step[0] === 'r' && step[1] === key && step[2] === value ? ['r', key ?? null, other] : step,
      );
      return { ...event, value: lie };
    });
  }
}
