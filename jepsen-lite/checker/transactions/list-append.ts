/**
 * Lists to which transactions append, and which they read. A read shows the whole order of a list
 * up to then, so hardly anything about the order of transactions has to be guessed: when no cycle
 * is found, there is an order that explains everything.
 */
import type { Value } from '../../history/event.js';
import type { Operation } from '../../history/operation.js';
import { showValue } from '../../history/tell.js';
import type { Anomaly } from './anomaly.js';
import { DependencyGraph } from './dependency-graph.js';
import { type Element, isElement, type Transaction } from './transaction.js';
import { nameOf, tellBoth, tellTransaction } from './words.js';
import { happened, Writers } from './writers.js';

/** What a transaction read of a key, by its first read. */
interface ListRead {
  readonly transaction: Transaction;
  readonly key: string;
  /** As it stood before the transaction. */
  readonly list: readonly Element[];
  /** With what the transaction itself had appended by then. */
  readonly shown: readonly Element[];
}

export interface Analysis {
  readonly anomalies: readonly Anomaly[];
  readonly graph: DependencyGraph;
}

export function analyzeListAppend(transactions: readonly Transaction[]): Analysis {
  const writers = new Writers(transactions);
  const anomalies: Anomaly[] = [];
  const reads = transactions.flatMap((transaction) => readsOf(transaction, anomalies));
  for (const read of reads) anomalies.push(...impossibleElements(read, writers));
  anomalies.push(...lostUpdates(reads));
  const seen = new Set(
    reads.flatMap(({ key, list }) =>
      list.flatMap((element) => writers.of(key, element)?.transaction ?? []),
    ),
  );
  const nodes = happened(transactions, seen);
  const graph = new DependencyGraph(nodes.map(({ operation }) => operation));
  const numbers = new Map(nodes.map((transaction, node) => [transaction, node]));
  const byKey = new Map<string, ListRead[]>([...writers.keys()].map((key) => [key, []]));
  for (const read of reads) byKey.get(read.key)?.push(read);
  for (const [key, ofKey] of byKey) {
    const order = longest(ofKey);
    anomalies.push(...incompatible(ofKey, order));
    new ListOrder(key, order?.shown ?? [], { writers, numbers, graph }).addDependencies(ofKey);
  }
  graph.addRealTime();
  return { anomalies, graph };
}

/** Checks on the way that a transaction sees its own appends, and nothing changing under it. */
function readsOf(transaction: Transaction, anomalies: Anomaly[]): ListRead[] {
  const { operation, steps } = transaction;
  if (operation.status !== 'ok') return [];
  const reads: ListRead[] = [];
  /** Of each key: what the first read showed, and what was appended since the beginning. */
  const first = new Map<string, readonly Element[]>();
  const own = new Map<string, Element[]>();
  for (const step of steps) {
    const { key } = step;
    const appended = own.get(key) ?? [];
    if (step.kind === 'write') {
      own.set(key, [...appended, step.element]);
      continue;
    }
    if (step.value === undefined) continue;
    const list = toList(step.value);
    if (list === undefined) {
      anomalies.push({
        class: 'garbage-read',
        explanation: `${tellTransaction(operation)}: ${key} is not a list.`,
        culprits: [operation.number],
      });
      continue;
    }
    const base = first.get(key) ?? list.slice(0, Math.max(0, list.length - appended.length));
    if (!isSame(list, [...base, ...appended])) {
      const wanted = first.has(key) || appended.length === 0 ? [...base, ...appended] : appended;
      const ends = first.has(key) ? 'must be' : 'must end with';
      const must = `by its own steps ${key} ${ends} ${showValue(wanted)}`;
      anomalies.push({
        class: 'internal',
        explanation: `${tellTransaction(operation)}: ${must}.`,
        culprits: [operation.number],
      });
    } else if (!first.has(key)) reads.push({ transaction, key, list: base, shown: list });
    if (!first.has(key)) first.set(key, base);
  }
  return reads;
}

function toList(value: Value): readonly Element[] | undefined {
  if (value === null) return [];
  return Array.isArray(value) && value.every(isElement) ? value : undefined;
}

function isSame(list: readonly Element[], other: readonly Element[]): boolean {
  return list.length === other.length && list.every((element, i) => element === other[i]);
}

function impossibleElements({ transaction, key, list }: ListRead, writers: Writers): Anomaly[] {
  const { operation } = transaction;
  const anomalies: Anomaly[] = [];
  const met = new Set<Element>();
  const report = (kind: Anomaly['class'], why: string, others: readonly Operation[] = []) =>
    anomalies.push({
      class: kind,
      explanation: [`${tellTransaction(operation)}: ${why}.`, ...others.map(tellTransaction)].join(
        '\n  ',
      ),
      culprits: [operation, ...others].map(({ number }) => number),
    });
  for (const [at, element] of list.entries()) {
    const shown = showValue(element);
    if (met.has(element)) report('duplicate-elements', `${key} has ${shown} twice`);
    met.add(element);
    const writer = writers.of(key, element);
    if (writer === undefined) {
      report('garbage-read', `nobody ever appended ${shown} to ${key}`);
      continue;
    }
    const other = writer.transaction.operation;
    if (other === operation) {
      report('internal', `it read ${shown} in ${key} before it appended it`);
    } else if (other.status === 'fail') {
      report('G1a', `${shown} in ${key} is of ${nameOf(other)}, which was refused`, [other]);
    } else if (writer.intermediate && !follows(list[at + 1], key, { writers, writer: other })) {
      report('G1b', `of what ${nameOf(other)} appended to ${key} it read only a part`, [other]);
    }
  }
  return anomalies;
}

/** Whether the element is of the same transaction as the one before it. */
function follows(
  element: Element | undefined,
  key: string,
  { writers, writer }: { writers: Writers; writer: Operation },
): boolean {
  return element !== undefined && writers.of(key, element)?.transaction.operation === writer;
}

/** Two that read the same list and then both appended to it: one has not seen the other. */
function lostUpdates(reads: readonly ListRead[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const updaters = new Map<string, Operation>();
  for (const { transaction, key, list } of reads) {
    const { steps, operation } = transaction;
    if (!steps.some((step) => step.kind === 'write' && step.key === key)) continue;
    const version = JSON.stringify([key, list.length, list.at(-1) ?? null]);
    const other = updaters.get(version);
    updaters.set(version, other ?? operation);
    if (other === undefined || other === operation) continue;
    anomalies.push({
      class: 'lost-update',
      explanation: tellBoth(
        `both read ${key} = ${showValue(list)} and appended to it`,
        other,
        operation,
      ),
      culprits: [other.number, operation.number],
    });
  }
  return anomalies;
}

function longest(reads: readonly ListRead[]): ListRead | undefined {
  let found: ListRead | undefined;
  for (const read of reads)
    if (found === undefined || read.shown.length > found.shown.length) found = read;
  return found;
}

function incompatible(reads: readonly ListRead[], order: ListRead | undefined): Anomaly[] {
  if (order === undefined) return [];
  return reads
    .filter(({ shown }) => !isPrefix(shown, order.shown))
    .map(({ transaction, key }) => ({
      class: 'incompatible-order',
      explanation: tellBoth(
        `read two lists ${key} of which neither continues the other`,
        order.transaction.operation,
        transaction.operation,
      ),
      culprits: [order.transaction.operation.number, transaction.operation.number],
    }));
}

function isPrefix(list: readonly Element[], of: readonly Element[]): boolean {
  return list.every((element, i) => element === of[i]);
}

interface Known {
  readonly writers: Writers;
  readonly numbers: ReadonlyMap<Transaction, number>;
  readonly graph: DependencyGraph;
}

/** One key: the order of its elements, as the longest read shows it. */
class ListOrder {
  readonly #key: string;
  readonly #order: readonly Element[];
  readonly #known: Known;
  /**
   * What surely was appended and no read shows came after all that any read shows. Of these only
   * the ones that may have been first; the others follow them in real time.
   */
  readonly #unread: readonly Element[];

  constructor(key: string, order: readonly Element[], known: Known) {
    this.#key = key;
    this.#order = order;
    this.#known = known;
    const read = new Set(order);
    const unread = [...known.writers.elements(key)].filter(
      ([element, { transaction }]) => !read.has(element) && known.numbers.has(transaction),
    );
    let firstEnd = Number.POSITIVE_INFINITY;
    for (const [, { transaction }] of unread) {
      firstEnd = Math.min(firstEnd, transaction.operation.completedAt);
    }
    this.#unread = unread
      .filter(([, { transaction }]) => transaction.operation.invokedAt < firstEnd)
      .map(([element]) => element);
  }

  addDependencies(reads: readonly ListRead[]): void {
    for (const [at, before] of this.#order.entries()) {
      for (const after of this.#next(at + 1)) this.#add('ww', this.#node(before), before, after);
    }
    for (const { transaction, list } of reads) {
      if (!isPrefix(list, this.#order)) continue;
      const reader = this.#known.numbers.get(transaction);
      const last = list.at(-1);
      const from = last === undefined ? undefined : this.#node(last);
      if (from !== undefined && reader !== undefined && last !== undefined) {
        const key = this.#key;
        this.#known.graph.add({ from, to: reader, kind: 'wr', key, before: last });
      }
      for (const after of this.#next(list.length)) this.#add('rw', reader, last ?? null, after);
    }
  }

  /** What comes right behind so many elements. */
  #next(length: number): readonly Element[] {
    const next = this.#order[length];
    return next === undefined ? this.#unread : [next];
  }

  #node(element: Element): number | undefined {
    const writer = this.#known.writers.of(this.#key, element);
    return writer === undefined ? undefined : this.#known.numbers.get(writer.transaction);
  }

  #add(kind: 'ww' | 'rw', from: number | undefined, before: Element | null, after: Element): void {
    const to = this.#node(after);
    if (from === undefined || to === undefined) return;
    this.#known.graph.add({ from, to, kind, key: this.#key, before, after });
  }
}
