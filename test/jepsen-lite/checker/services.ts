/** What the models beside linearizability judge, done right. */
import type { Value } from '../../../jepsen-lite/history/event.js';
import type { Random } from './random-histories.js';
import type { Call, Effect, Service } from './random-services.js';

type Counts = Readonly<Record<string, number>>;

function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

const set: Service = {
  start: [],
  draw: (random, _, number) => (random() < 0.6 ? { f: 'add', asked: number } : { f: 'members' }),
  apply(state, { f, asked }) {
    const elements = state as readonly Value[];
    if (f === 'members') return { state, answer: elements };
    const more = [...elements, asked ?? null];
    return { state: more.sort((a, b) => Number(a) - Number(b)), answer: null };
  },
};

const counter: Service = {
  start: 0,
  draw: (random) => (random() < 0.6 ? { f: 'add', asked: 1 + below(random, 9) } : { f: 'total' }),
  apply: (state, { f, asked }) =>
    f === 'total'
      ? { state, answer: state }
      : { state: Number(state) + Number(asked), answer: null },
};

const accounts = ['a', 'b', 'c'] as const;
const bank: Service = {
  start: { a: 20, b: 20, c: 20 },
  draw(random) {
    if (random() < 0.4) return { f: 'balances' };
    const [from, to] = [accounts[below(random, 3)] ?? 'a', accounts[below(random, 3)] ?? 'b'];
    return { f: 'transfer', asked: { from, to, amount: 1 + below(random, 7) } };
  },
  apply(state, { f, asked }) {
    if (f === 'balances') return { state, answer: state };
    const { from, to, amount } = asked as { from: string; to: string; amount: number };
    const held = state as Counts;
    if ((held[from] ?? 0) < amount) return { state };
    const less: Counts = { ...held, [from]: (held[from] ?? 0) - amount };
    return { state: { ...less, [to]: (less[to] ?? 0) + amount }, answer: null };
  },
};

const shardCas: Service = {
  start: {},
  draw(random, client, _, state) {
    if (random() < 0.4) return { f: 'parts' };
    const part = `c${client}`;
    const from = (state as Counts)[part] ?? 0;
    return { f: 'part-cas', asked: { part, from, to: from + 1 } };
  },
  apply(state, { f, asked }) {
    if (f === 'parts') return { state, answer: state };
    const { part, from, to } = asked as { part: string; from: number; to: number };
    if (((state as Counts)[part] ?? 0) !== from) return { state };
    return { state: { ...(state as Counts), [part]: to }, answer: null };
  },
};

/** Leases run out at once: whoever asks gets the next token. */
const lock: Service = {
  start: { given: 0, met: 0 },
  draw(random, _, __, state) {
    if (random() < 0.4) return { f: 'acquire' };
    const { given = 0 } = state as Counts;
    return { f: 'guarded', asked: Math.max(1, given - below(random, 3)) };
  },
  apply(state, { f, asked }): Effect {
    const { given = 0, met = 0 } = state as Counts;
    if (f === 'acquire') return { state: { given: given + 1, met }, answer: given + 1 };
    const token = Number(asked);
    if (token < met || token > given) return { state };
    return { state: { given, met: token }, answer: null };
  },
};

type Change = { readonly revision: number; readonly value: Value };

const watch: Service = {
  start: [],
  draw(random, _, number, state) {
    const draw = random();
    if (draw < 0.5) return { f: 'put', asked: `v${number}` };
    if (draw < 0.6) return { f: 'delete' };
    const { length } = state as readonly Value[];
    return { f: 'watch', asked: { from: Math.max(0, length - below(random, 12)) } };
  },
  apply(state, { f, asked }: Call): Effect {
    const changes = state as readonly Change[];
    if (f === 'watch') {
      const { from } = asked as { from: number };
      return { state, answer: changes.filter(({ revision }) => revision > from) };
    }
    const revision = changes.length + 1;
    const value = f === 'put' ? (asked ?? null) : null;
    return { state: [...changes, { revision, value }], answer: null, revision };
  },
};

export const services = { set, counter, bank, lock, watch, 'shard-cas': shardCas } as const;
