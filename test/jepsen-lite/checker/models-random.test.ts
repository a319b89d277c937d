/**
 * Every model that judges by a rule, on histories that are possible by construction, on histories
 * of services that make a mistake, and on small falsified ones against all orders.
 */
import t from 'tap';
import { defaultLimits } from '../../../jepsen-lite/checker/limits.js';
import { specialModels } from '../../../jepsen-lite/checker/models.js';
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import { toJsonLine } from '../../../jepsen-lite/history/json-lines.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { type Random, randomFrom } from './random-histories.js';
import { hasAnyOrder, type Mistake, RandomService } from './random-services.js';
import { services } from './services.js';

type Name = keyof typeof services;
const names = Object.keys(services) as readonly Name[];
/** They say invalid exactly when no order exists; the others may miss what only a riddle tells. */
const exact: readonly Name[] = ['set', 'shard-cas'];

function verdictOf(events: readonly HistoryEvent[], name: Name) {
  return specialModels[name].check(events, pair(events), defaultLimits);
}

for (const name of names) {
  const service = services[name];
  t.test(`${name}: what a right service did is possible`, async (t) => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const shape = { clients: 1 + (seed % 7), calls: 80, lost: 0.1, refused: 0.1 };
      const events = new RandomService(service, randomFrom(seed), shape).run();
      const { validity, explanation } = verdictOf(events, name);
      if (validity !== 'valid') return t.fail(`seed ${seed}: ${validity} ${explanation}`);
    }
  });

  t.test(`${name}: falsified answers, against all orders`, async (t) => {
    const count = { possible: 0, impossible: 0, missed: 0 };
    for (let seed = 1; seed <= 2000; seed += 1) {
      const random = randomFrom(seed);
      const shape = { clients: 3, calls: 7, lost: 0.1, refused: 0.1 };
      const honest = new RandomService(service, random, shape).run();
      const events = falsified(honest, random);
      const possible = hasAnyOrder(service, pair(events));
      count[possible ? 'possible' : 'impossible'] += 1;
      const { validity, explanation } = verdictOf(events, name);
      const missed = validity === 'valid' && !possible;
      if (missed) count.missed += 1;
      if ((validity === 'invalid' && possible) || (missed && exact.includes(name))) {
        const lines = events.map(toJsonLine).join('');
        return t.fail(`seed ${seed}: ${validity}, possible: ${possible}\n${explanation}\n${lines}`);
      }
    }
    t.ok(count.possible > 100 && count.impossible > 100, JSON.stringify(count));
    t.ok(count.missed < count.impossible / 2, JSON.stringify(count));
  });
}

/** Mistakes that leave traces in what a service tells. */
const traces: Readonly<Record<Name, readonly Mistake[]>> = {
  set: ['lost', 'stale', 'twice', 'refused-but-applied', 'late'],
  counter: ['lost', 'stale', 'twice', 'refused-but-applied', 'late'],
  bank: ['lost', 'stale', 'twice', 'refused-but-applied', 'late'],
  lock: ['lost', 'stale'],
  watch: ['lost', 'twice', 'refused-but-applied'],
  'shard-cas': ['lost', 'stale', 'refused-but-applied'],
};

for (const name of names) {
  for (const mistake of traces[name]) {
    t.test(`${name}: ${mistake} is found`, async (t) => {
      let caught = 0;
      for (let seed = 1; seed <= 20; seed += 1) {
        const shape = { clients: 4, calls: 400, lost: 0.01, refused: 0.2, mistake };
        const events = new RandomService(services[name], randomFrom(seed), shape).run();
        if (verdictOf(events, name).validity === 'invalid') caught += 1;
      }
      t.equal(caught, 20);
    });
  }
}

/** One answer says something else: another's, a bit more, or a bit less. */
function falsified(events: readonly HistoryEvent[], random: Random): readonly HistoryEvent[] {
  const answers = events.filter(({ type, value }) => type === 'ok' && value !== null);
  const lie = answers[Math.floor(random() * answers.length)];
  return events.map((event) =>
    event === lie && event.value !== undefined
      ? { ...event, value: lieOf(event.value, random) }
      : event,
  );
}

function lieOf(value: Value, random: Random): Value {
  const draw = random();
  if (typeof value === 'number') return Math.max(0, value + Math.floor(draw * 7) - 3);
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length);
    const items = value as readonly Value[];
    if (draw < 0.6) return items.filter((_, index) => index !== at);
    if (typeof items[0] === 'number') return [...items, 8].sort();
    return [...items.slice(at), ...items.slice(0, at)];
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const at = Math.floor(random() * entries.length);
    const by = draw < 0.5 ? 1 : -1;
    const changed = entries.map(([part, count], index): [string, Value] => {
      const other = index === at ? by : index === (at + 1) % entries.length ? -by : 0;
      return [part, Math.max(1, Number(count) + other)];
    });
    return Object.fromEntries(changed);
  }
  return value;
}
