/**
 * Services that grow, count, move money, lock and watch, each as a pure step function; and clients
 * that overlap, lose answers and are refused. Each operation takes effect at one moment between
 * call and answer, so what comes out is possible; unless a mistake is planted.
 */
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import type { Operation } from '../../../jepsen-lite/history/operation.js';
import type { Random } from './random-histories.js';

export interface Call {
  readonly f: string;
  readonly asked?: Value;
}

export interface Effect {
  readonly state: Value;
  /** Undefined: refused. */
  readonly answer?: Value;
  /** A change tells its revision. */
  readonly revision?: number;
}

export interface Service {
  readonly start: Value;
  /** `number` counts the calls of all clients. */
  draw(random: Random, client: number, number: number, state: Value): Call;
  apply(state: Value, call: Call): Effect;
}

export type Mistake = 'lost' | 'stale' | 'twice' | 'refused-but-applied' | 'late';

export interface Shape {
  readonly clients: number;
  readonly calls: number;
  /** Share of calls whose answer is lost; half of them take effect. */
  readonly lost: number;
  readonly refused: number;
  readonly mistake?: Mistake;
}

const historyLength = 12;

export class RandomService {
  readonly events: HistoryEvent[] = [];
  readonly #service: Service;
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #past: Value[] = [];
  readonly #late: Call[] = [];
  #state: Value;

  constructor(service: Service, random: Random, shape: Shape) {
    this.#service = service;
    this.#random = random;
    this.#shape = shape;
    this.#state = service.start;
  }

  run(): readonly HistoryEvent[] {
    const { clients, calls, lost, refused } = this.#shape;
    const open = new Map<number, { call: Call; effect?: Effect }>();
    const processes = Array.from({ length: clients }, (_, client) => client);
    for (let asked = 0; asked < calls || open.size > 0; ) {
      const client = Math.floor(this.#random() * clients);
      const process = processes[client] ?? 0;
      const waiting = open.get(client);
      if (waiting === undefined) {
        if (asked === calls) continue;
        asked += 1;
        const call = this.#service.draw(this.#random, client, asked, this.#state);
        open.set(client, { call });
        this.#record('invoke', process, call, call.asked);
      } else if (waiting.effect !== undefined) {
        const { answer, revision } = waiting.effect;
        open.delete(client);
        if (answer === undefined) this.#record('fail', process, waiting.call);
        else this.#record('ok', process, waiting.call, answer, revision);
      } else if (this.#random() < refused) {
        open.delete(client);
        if (this.#errs('refused-but-applied')) this.#change(waiting.call);
        this.#record('fail', process, waiting.call);
      } else if (this.#random() < lost) {
        open.delete(client);
        if (this.#random() < 0.5) this.#change(waiting.call);
        this.#record('info', process, waiting.call);
        processes[client] = process + clients;
      } else waiting.effect = this.#apply(waiting.call);
    }
    return this.events;
  }

  #apply(call: Call): Effect {
    const late = this.#late.pop();
    if (late !== undefined && this.#random() < 0.2) this.#change(late);
    if (this.#errs('lost')) return this.#service.apply(this.#state, call);
    if (this.#errs('stale')) {
      const old = this.#past[0] ?? this.#state;
      return this.#service.apply(old, call);
    }
    const effect = this.#change(call);
    if (this.#errs('twice')) this.#change(call);
    if (this.#errs('late')) this.#late.push(call);
    return effect;
  }

  #change(call: Call): Effect {
    this.#past.push(this.#state);
    if (this.#past.length > historyLength) this.#past.shift();
    const effect = this.#service.apply(this.#state, call);
    this.#state = effect.state;
    return effect;
  }

  #errs(mistake: Mistake): boolean {
    return this.#shape.mistake === mistake && this.#random() < 0.2;
  }

  #record(
    type: HistoryEvent['type'],
    process: number,
    call: Call,
    value?: Value,
    revision?: number,
  ): void {
    this.events.push({
      type,
      process,
      f: call.f,
      key: 'k',
      timeNs: this.events.length * 1_000_000,
      ...(value !== undefined && { value }),
      ...(revision !== undefined && { shardRevision: revision }),
    });
  }
}

/** Whether any order explains the answers, by trying all. */
export function hasAnyOrder(service: Service, operations: readonly Operation[]): boolean {
  const possible = operations.filter(({ status }) => status !== 'fail');
  const place = (state: Value, left: readonly Operation[]): boolean => {
    if (left.every(({ status }) => status === 'unknown')) return true;
    return left.some((operation) => {
      if (left.some((other) => other.completedAt < operation.invokedAt)) return false;
      const { f, asked, status, answered } = operation;
      const effect = service.apply(state, { f, ...(asked !== undefined && { asked }) });
      const told = status === 'unknown' || textOf(effect.answer) === textOf(answered);
      return (
        told &&
        place(
          effect.state,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return place(service.start, possible);
}

/** In whichever order the parts of an object are named. */
function textOf(value: Value | undefined): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
