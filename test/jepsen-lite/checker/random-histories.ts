/**
 * Histories of a real cell with clients that overlap and lose answers: possible by construction,
 * for each operation takes effect at one moment between call and answer, or never. Then lies.
 */
import type {
  AnswerFacts,
  EventType,
  HistoryEvent,
  RevisionCondition,
  Value,
} from '../../../jepsen-lite/history/event.js';

export type Random = () => number;

/** The same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = (seed * 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Shape {
  readonly kind: 'register' | 'kv' | 'revisions';
  readonly clients: number;
  readonly operations: number;
  /** Share of operations whose answer is lost; half of them take effect. */
  readonly lost: number;
  /** Values are drawn from so many; undefined: each is written once. */
  readonly values?: number;
  readonly key?: string;
  readonly appends?: boolean;
  /** Texts to write before others, some of them empty; and nothing is sometimes told as empty. */
  readonly texts?: readonly string[];
  /** A compare-and-set that fails is told as an answer, not as something that never happened. */
  readonly tellsFailures?: boolean;
  /** Revisions without conditions and outcomes. */
  readonly isBare?: boolean;
}

interface Call {
  readonly f: string;
  readonly asked?: Value;
  readonly condition?: RevisionCondition;
}
type Answer = { readonly type: 'ok' | 'fail'; readonly value?: Value } & AnswerFacts;

/** A cell that tells what the product tells, or less. */
export class RandomCell {
  readonly events: HistoryEvent[] = [];
  readonly #random: Random;
  readonly #shape: Shape;
  #text: Value = null;
  #revision = 0;
  /** Other keys step it too. */
  #shardRevision = 0;
  #written = 0;

  constructor(random: Random, shape: Shape) {
    this.#random = random;
    this.#shape = shape;
  }

  run(): HistoryEvent[] {
    const { clients, operations, lost } = this.#shape;
    const open = new Map<number, { call: Call; answer: Answer | undefined }>();
    for (let asked = 0; asked < operations || open.size > 0; ) {
      const client = 1 + Math.floor(this.#random() * clients);
      const waiting = open.get(client);
      if (waiting === undefined) {
        if (asked === operations) continue;
        asked += 1;
        const call = this.#draw();
        open.set(client, { call, answer: undefined });
        const { asked: value, ...rest } = call;
        this.#write('invoke', client, { ...rest, ...(value !== undefined && { value }) });
      } else if (waiting.answer !== undefined) {
        open.delete(client);
        const { type, ...answer } = waiting.answer;
        this.#write(type, client, { f: waiting.call.f, ...answer });
      } else if (this.#random() < lost) {
        if (this.#random() < 0.5) this.#effect(waiting.call);
        open.delete(client);
        this.#write('info', client, { f: waiting.call.f });
      } else waiting.answer = this.#effect(waiting.call);
    }
    return this.events;
  }

  #write(type: EventType, process: number, rest: Partial<HistoryEvent> & { f: string }): void {
    const { key } = this.#shape;
    const timeNs = this.events.length * 1_000_000;
    this.events.push({ ...(key !== undefined && { key }), ...rest, type, process, timeNs });
  }

  #value(): Value {
    const { values, kind, texts = [] } = this.#shape;
    this.#written += 1;
    const text = texts[this.#written - 1];
    if (text !== undefined) return text;
    const value = values === undefined ? this.#written : Math.floor(this.#random() * values);
    return kind === 'register' ? value : `v${value} `;
  }

  #draw(): Call {
    const draw = this.#random();
    const { kind, appends = false, isBare = false } = this.#shape;
    if (kind === 'register') {
      if (draw < 0.45) return { f: 'read' };
      if (draw < 0.75) return { f: 'write', asked: this.#value() };
      const expected = this.#random() < 0.7 ? this.#text : this.#value();
      return { f: 'cas', asked: [expected, this.#value()] };
    }
    if (draw < 0.45) return { f: 'get' };
    const condition = kind === 'revisions' && !isBare ? this.#condition() : {};
    if (draw < (appends ? 0.5 : 0.6)) return { f: 'delete', condition };
    if (appends && draw < 0.9) return { f: 'append', asked: this.#value(), condition };
    return { f: 'put', asked: this.#value(), condition };
  }

  #condition(): RevisionCondition {
    const draw = this.#random();
    const revision = Math.max(1, this.#revision - (this.#random() < 0.2 ? 1 : 0));
    if (draw < 0.2) return { ifMatch: revision };
    if (draw < 0.3) return { ifNoneMatch: '*' };
    if (draw < 0.4) return { ifMatch: '*' };
    return draw < 0.5 ? { ifNoneMatch: revision } : {};
  }

  #effect({ f, asked = null, condition = {} }: Call): Answer {
    const tells = this.#shape.kind === 'revisions';
    const exists = this.#text !== null;
    const told = { shardRevision: this.#shardRevision };
    if (f === 'read' || f === 'get') {
      const isEmpty = !exists && this.#shape.texts !== undefined && this.#random() < 0.5;
      const value = isEmpty ? '' : this.#text;
      const revision = exists ? { revision: this.#revision } : {};
      return { type: 'ok', value, ...(tells && { ...told, ...revision }) };
    }
    if (f === 'cas') {
      const [expected, next] = asked as readonly Value[];
      if (expected !== this.#text) {
        if (!this.#shape.tellsFailures) return { type: 'fail' };
        return { type: 'ok', outcome: 'precondition-failed' };
      }
      this.#text = next ?? null;
      return { type: 'ok', value: asked };
    }
    if (!this.#holds(condition)) {
      const revision = exists ? this.#revision : 0;
      return { type: 'ok', outcome: 'precondition-failed', revision, ...told };
    }
    if (f === 'delete' && !exists) return tells ? absent(told) : { type: 'ok' };
    this.#shardRevision += 1 + Math.floor(this.#random() * 2);
    this.#revision = this.#shardRevision;
    this.#text = f === 'delete' ? null : f === 'append' ? `${this.#text ?? ''}${asked}` : asked;
    const outcome = f === 'delete' ? 'deleted' : exists ? 'replaced' : 'created';
    const revision = { shardRevision: this.#shardRevision };
    if (this.#shape.isBare) return { type: 'ok', ...revision };
    return { type: 'ok', ...(tells && { outcome, ...revision }) };
  }

  #holds({ ifMatch, ifNoneMatch }: RevisionCondition): boolean {
    const matches = (tag: number | '*') =>
      this.#text !== null && (tag === '*' || tag === this.#revision);
    const matched = ifMatch === undefined || matches(ifMatch);
    return matched && !(ifNoneMatch !== undefined && matches(ifNoneMatch));
  }
}

function absent(told: AnswerFacts): Answer {
  return { type: 'ok', outcome: 'absent', ...told };
}

/** One answer is another one: what some other operation wrote, or what stood there before. */
export function falsified(events: readonly HistoryEvent[], random: Random): HistoryEvent[] {
  const texts = events.flatMap(({ type, f, value }): Value[] => {
    if (type === 'ok' && (f === 'read' || f === 'get')) return [value ?? null];
    if (type !== 'invoke' || value === undefined) return [];
    return [f === 'cas' ? ((value as readonly Value[])[1] ?? null) : value];
  });
  const answers = events.filter(({ type, f }) => type === 'ok' && (f === 'read' || f === 'get'));
  const lie = answers[Math.floor(random() * answers.length)];
  const drawn = () => texts[Math.floor(random() * texts.length)] ?? null;
  const [one, other] = [drawn(), drawn()];
  const bothAreTexts = typeof one === 'string' && typeof other === 'string';
  const value = bothAreTexts && random() < 0.2 ? one + other : one;
  return events.map((event) => {
    if (event !== lie) return event;
    const { revision: _, ...rest } = event;
    return { ...rest, value };
  });
}

/** Two neighbouring events change places: what overlapped may no longer, and the reverse. */
export function shifted(events: readonly HistoryEvent[], random: Random): HistoryEvent[] {
  const moved = [...events];
  for (let tries = 0; tries < 4; tries += 1) {
    const at = Math.floor(random() * (moved.length - 1));
    const [first, second] = [moved[at], moved[at + 1]];
    if (first === undefined || second === undefined || first.process === second.process) continue;
    moved[at] = second;
    moved[at + 1] = first;
  }
  return moved;
}
