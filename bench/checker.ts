/**
 * How long the checker of histories takes, on histories of the sizes that runs give:
 *
 *   node build/bench/checker.js [--only WORDS] [--repeat 3]
 *
 * Each history is that of a real cell with overlapping clients, drawn from a seed; a violation is
 * one read that shows what was overwritten before it began. The peak of memory is of the whole
 * process.
 */
import { parseArgs } from 'node:util';
import { check, type ModelName, type Operation, pair } from '../jepsen-lite/checker/index.js';
import {
  interleaved,
  withManyLies,
  withStaleRead,
} from '../test/jepsen-lite/checker/large-histories.js';
import {
  RandomCell,
  randomFrom,
  type Shape,
} from '../test/jepsen-lite/checker/random-histories.js';

interface Measure {
  readonly name: string;
  readonly model: ModelName;
  readonly limitMs: number;
  readonly expected: 'valid' | 'invalid' | 'any';
  readonly make: (seed: number) => readonly Operation[];
}

const one = (shape: Shape) => (seed: number) => pair(new RandomCell(randomFrom(seed), shape).run());
const lie = (shape: Shape) => (seed: number) =>
  pair(withStaleRead(new RandomCell(randomFrom(seed), shape).run()));
const lies = (shape: Shape) => (seed: number) => {
  const random = randomFrom(seed);
  return pair(withManyLies(new RandomCell(random, shape).run(), random));
};
const many =
  (keys: number, shape: Shape, planted = 0) =>
  (seed: number) =>
    pair(interleaved({ keys, planted, shape, random: randomFrom(seed) }));

const registers = { kind: 'register', lost: 0.01 } as const;
const pairs = { kind: 'kv', lost: 0 } as const;
const twenty = { ...registers, clients: 20, operations: 1_000, lost: 0.05 };
const measures: readonly Measure[] = [
  {
    name: '10,000 operations, 10 clients, 50 keys, unique values',
    ...{ model: 'cas-register', limitMs: 2_000, expected: 'valid' },
    make: many(50, { ...registers, clients: 10, operations: 200 }),
  },
  {
    name: '10,000 operations, 10 clients, 50 keys, five values',
    ...{ model: 'cas-register', limitMs: 2_000, expected: 'valid' },
    make: many(50, { ...registers, clients: 10, operations: 200, values: 5 }),
  },
  {
    name: '10,000 operations, 10 clients, 50 keys, put, delete and get',
    ...{ model: 'kv', limitMs: 2_000, expected: 'valid' },
    make: many(50, { ...pairs, clients: 10, operations: 200 }),
  },
  {
    name: '1 key, 1,000 operations, 20 clients, 5 % unknown, planted',
    ...{ model: 'cas-register', limitMs: 5_000, expected: 'invalid' },
    make: lie(twenty),
  },
  {
    name: '1 key, 1,000 operations, 20 clients, 5 % unknown, true',
    ...{ model: 'cas-register', limitMs: 5_000, expected: 'valid' },
    make: one(twenty),
  },
  {
    name: '10 keys, 50 clients, appends, one key planted',
    ...{ model: 'kv', limitMs: 5_000, expected: 'invalid' },
    make: many(10, { ...pairs, clients: 50, operations: 300, appends: true }, 1),
  },
  {
    name: '10 keys, 50 clients, put, delete and get, one key planted',
    ...{ model: 'kv', limitMs: 5_000, expected: 'invalid' },
    make: many(10, { ...pairs, clients: 50, operations: 300 }, 1),
  },
  {
    name: '10 keys, 50 clients, put, delete and get, ten keys planted',
    ...{ model: 'kv', limitMs: 5_000, expected: 'invalid' },
    make: many(10, { ...pairs, clients: 50, operations: 300 }, 10),
  },
  {
    name: '10 keys, 50 clients, appends, true',
    ...{ model: 'kv', limitMs: 5_000, expected: 'valid' },
    make: many(10, { ...pairs, clients: 50, operations: 300, appends: true }),
  },
  {
    name: '100,000 operations with revisions, 20 clients, 50 keys, 1 % unknown',
    ...{ model: 'kv', limitMs: 10_000, expected: 'valid' },
    make: many(50, { kind: 'revisions', clients: 20, operations: 2_000, lost: 0.01 }),
  },
  {
    name: '100,000 operations with revisions, 20 clients, 1 key',
    ...{ model: 'kv', limitMs: 10_000, expected: 'valid' },
    make: one({ kind: 'revisions', clients: 20, operations: 100_000, lost: 0 }),
  },
  ...[0, 0.01, 0.03, 0.1].flatMap((lost): Measure[] => [
    {
      name: `five values, 500 operations, 10 clients, ${lost * 100} % unknown, eight lies`,
      ...{ model: 'cas-register', limitMs: 10_000, expected: 'any' },
      make: lies({ ...registers, clients: 10, operations: 500, values: 5, lost }),
    },
    {
      name: `five values, 200 operations, 20 clients, ${lost * 100} % unknown, eight lies`,
      ...{ model: 'cas-register', limitMs: 10_000, expected: 'any' },
      make: lies({ ...registers, clients: 20, operations: 200, values: 5, lost }),
    },
  ]),
];

const { values: flags } = parseArgs({
  options: { only: { type: 'string', default: '' }, repeat: { type: 'string', default: '3' } },
});
let failures = 0;
for (const measure of measures.filter(({ name }) => name.includes(flags.only))) run(measure);
console.log(`peak of memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
process.exitCode = failures > 0 ? 1 : 0;

function run({ name, model, limitMs, expected, make }: Measure): void {
  const times: string[] = [];
  const verdicts = new Set<string>();
  let counts: Readonly<Record<string, number>> = {};
  for (let seed = 1; seed <= Number(flags.repeat); seed += 1) {
    const operations = make(seed);
    const began = performance.now();
    const verdict = check(operations, { model, timeMs: limitMs });
    const tookMs = performance.now() - began;
    times.push(tookMs < 10 ? tookMs.toFixed(1) : tookMs.toFixed(0));
    verdicts.add(verdict.validity);
    counts = verdict.counts;
    const isRight = verdict.validity === expected || expected === 'any';
    if (!isRight || tookMs > limitMs) failures += 1;
  }
  const { witnessed, 'by rule': byRule, searched } = counts;
  const how = `witnessed ${witnessed}, by rule ${byRule}, searched ${searched}`;
  console.log(`${name}\n    ${[...verdicts].join(' and ')} in ${times.join(', ')} ms; ${how}`);
}
