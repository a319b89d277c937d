/**
 * Histories of a real store in which each transaction takes effect at one moment between its call
 * and its answer, or never: possible by construction. Stores with a planted mistake. And a judge
 * that tries every order.
 */
import type { HistoryEvent, Value } from '../../../../jepsen-lite/history/event.js';
import type { Operation } from '../../../../jepsen-lite/history/operation.js';
import type { Random } from '../random-histories.js';

export type Model = 'append' | 'w';
export type Mistake =
  | 'stale-read'
  | 'lost-write'
  | 'refused-but-applied'
  | 'applied-twice'
  | 'half-applied'
  | 'old-snapshot';

export interface Shape {
  readonly model: Model;
  readonly clients: number;
  readonly transactions: number;
  readonly keys: number;
  readonly steps: number;
  /** Share of answers that are lost, and of calls that are refused. */
  readonly lost: number;
  readonly mistake?: Mistake;
}

type Row = readonly Value[];
type State = Map<string, Row>;
type Steps = readonly (readonly Value[])[];

/** A key's row is its list, or of a register everything that ever stood there. */
export function perform(state: State, steps: Steps, model: Model): Value[] {
  return steps.map(([kind = null, key = null, value = null]): Value => {
    const row = state.get(String(key)) ?? [];
    if (kind !== 'r') state.set(String(key), [...row, value]);
    else return [kind, key, model === 'append' ? row : (row.at(-1) ?? null)];
    return [kind, key, value];
  });
}

export class RandomStore {
  readonly events: HistoryEvent[] = [];
  /** How often the mistake was made. */
  mistakes = 0;
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #past: State[] = [];
  #state: State = new Map();
  #element = 0;
  #timeNs = 0;

  constructor(random: Random, shape: Shape) {
    this.#random = random;
    this.#shape = shape;
  }

  run(): readonly HistoryEvent[] {
    const { clients, transactions, lost } = this.#shape;
    const open = new Map<number, { steps: Steps; answer?: Value }>();
    const process = Array.from({ length: clients }, (_, i) => i);
    for (let asked = 0; asked < transactions || open.size > 0; ) {
      const client = this.#below(clients);
      const call = open.get(client);
      const number = process[client] ?? 0;
      if (call === undefined) {
        if (asked === transactions) continue;
        asked += 1;
        const steps = this.#steps();
        open.set(client, { steps });
        this.#record('invoke', number, steps);
      } else if (call.answer !== undefined) {
        open.delete(client);
        this.#record('ok', number, call.answer);
      } else if (this.#random() < lost) {
        open.delete(client);
        if (this.#random() < 0.5) this.#refuse(number, call.steps);
        else {
          if (this.#random() < 0.5) perform(this.#state, call.steps, this.#shape.model);
          this.#record('info', number);
          process[client] = number + clients;
        }
      } else call.answer = this.#apply(call.steps);
    }
    return this.events;
  }

  #refuse(number: number, steps: Steps): void {
    if (this.#errs('refused-but-applied')) perform(this.#state, steps, this.#shape.model);
    this.#record('fail', number);
  }

  #apply(steps: Steps): Value {
    const { model } = this.#shape;
    this.#past.push(new Map(this.#state));
    if (this.#past.length > 12) this.#past.shift();
    const old = this.#past[this.#below(this.#past.length)] ?? this.#state;
    if (this.#errs('lost-write')) return perform(new Map(this.#state), steps, model);
    if (this.#errs('stale-read') && steps.every(([kind]) => kind === 'r')) {
      return perform(new Map(old), steps, model);
    }
    if (this.#errs('old-snapshot')) {
      const answer = perform(new Map(old), steps, model);
      perform(this.#state, steps, model);
      return answer;
    }
    const answer = perform(this.#state, steps, model);
    if (this.#errs('applied-twice')) perform(this.#state, steps, model);
    if (this.#errs('half-applied')) {
      const [, key] = steps.find(([kind]) => kind !== 'r') ?? [];
      const row = this.#state.get(String(key));
      if (row !== undefined) this.#state.set(String(key), row.slice(0, -1));
    }
    return answer;
  }

  #errs(mistake: Mistake): boolean {
    if (this.#shape.mistake !== mistake || this.#random() >= 0.3) return false;
    this.mistakes += 1;
    return true;
  }

  #steps(): Steps {
    const { keys, steps, model } = this.#shape;
    return Array.from({ length: 1 + this.#below(steps) }, () => {
      const key = `k${this.#below(keys)}`;
      if (this.#random() < 0.5) return ['r', key, null];
      this.#element += 1;
      return [model, key, this.#element];
    });
  }

  #record(type: HistoryEvent['type'], process: number, value?: Value): void {
    this.#timeNs += 1_000_000;
    const event = { type, process, f: 'txn', timeNs: this.#timeNs };
    this.events.push(value === undefined ? event : { ...event, value });
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

/** Whether any order explains the answers, by trying all. */
export function hasAnyOrder(operations: readonly Operation[], model: Model): boolean {
  const possible = operations.filter(({ status }) => status !== 'fail');
  const place = (state: State, left: readonly Operation[]): boolean => {
    if (left.every(({ status }) => status === 'unknown')) return true;
    return left.some((operation) => {
      if (left.some((other) => other.completedAt < operation.invokedAt)) return false;
      const next = new Map(state);
      const answer = perform(next, operation.asked as Steps, model);
      const told = operation.status === 'unknown' || isSame(answer, operation.answered);
      return (
        told &&
        place(
          next,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return place(new Map(), possible);
}

function isSame(one: Value, other: Value | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
