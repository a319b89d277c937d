/**
 * Operations as a browser takes them fast: one array per field, each text once, rising numbers as
 * differences. 100,000 operations are a few megabytes.
 */
import type { Operation } from '../history/operation.js';
import { showValue } from '../history/tell.js';
import { answeredText, askedText } from './transaction-text.js';

/** Of numbers that are not there. */
const none = -1;
const keyCharactersMax = 200;
const statuses = ['ok', 'fail', 'unknown'] as const;

export interface OperationColumns {
  readonly texts: readonly string[];
  /** Positions in `texts`. */
  readonly f: readonly number[];
  readonly key: readonly number[];
  readonly asked: readonly number[];
  readonly answered: readonly number[];
  readonly node: readonly number[];
  readonly error: readonly number[];
  readonly outcome: readonly number[];
  /** 0 ok, 1 fail, 2 unknown. */
  readonly status: readonly number[];
  readonly process: readonly number[];
  /** In the order of all events; `at` as the difference to the operation before. */
  readonly at: readonly number[];
  /** Events from call to answer; none without an answer. */
  readonly span: readonly number[];
  /** Microseconds; the difference to the operation before, and call to answer. */
  readonly start: readonly number[];
  readonly took: readonly number[];
  readonly shard: readonly number[];
  readonly revision: readonly number[];
  readonly shardRevision: readonly number[];
  readonly stalenessMs: readonly number[];
}

export function operationColumns(operations: readonly Operation[]): OperationColumns {
  const texts = new TextTable();
  const column = (of: (operation: Operation, before: Operation | undefined) => number) =>
    operations.map((operation, i) => of(operation, operations[i - 1]));
  return {
    f: column((one) => texts.place(one.consistency === 'stale' ? `stale ${one.f}` : one.f)),
    key: column(({ key }) => texts.place(key?.slice(0, keyCharactersMax))),
    asked: column((one) => texts.place(asked(one))),
    answered: column((one) => texts.place(answered(one))),
    node: column(({ facts }) => texts.place(facts.node)),
    error: column(({ facts }) => texts.place(facts.error)),
    outcome: column(({ facts }) => texts.place(facts.outcome)),
    status: column(({ status }) => statuses.indexOf(status)),
    process: column(({ process }) => process),
    at: column((one, before) => one.invokedAt - (before?.invokedAt ?? 0)),
    span: column((one) => (isFinished(one) ? one.completedAt - one.invokedAt : none)),
    start: column((one, before) => microseconds(one) - (before ? microseconds(before) : 0)),
    took: column((one) => {
      if (!isFinished(one)) return none;
      return Math.max(0, Math.round(one.completedNs / 1000) - microseconds(one));
    }),
    shard: column(({ facts }) => facts.shard ?? none),
    revision: column(({ facts }) => facts.revision ?? none),
    shardRevision: column(({ facts }) => facts.shardRevision ?? none),
    stalenessMs: column(({ facts }) => facts.stalenessMs ?? none),
    texts: texts.all,
  };
}

function isFinished(operation: Operation): boolean {
  return Number.isFinite(operation.completedAt);
}

function microseconds({ invokedNs }: Operation): number {
  return Math.round(invokedNs / 1000);
}

function asked({ f, asked, condition }: Operation): string | undefined {
  const isShort = asked === undefined || f === 'read' || f === 'get';
  const value = isShort ? [] : [f === 'txn' ? askedText(asked) : showValue(asked)];
  const conditions = Object.entries(condition).map(([name, tag]) => `${name} ${tag}`);
  const parts = [...value, ...conditions];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function answered({ f, status, answered }: Operation): string | undefined {
  if (status !== 'ok' || answered === undefined) return undefined;
  if (f !== 'txn') return showValue(answered);
  const found = answeredText(answered);
  return found === '' ? undefined : found;
}

class TextTable {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  place(text: string | undefined): number {
    if (text === undefined) return none;
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.all.length;
    this.all.push(text);
    this.#places.set(text, place);
    return place;
  }
}
