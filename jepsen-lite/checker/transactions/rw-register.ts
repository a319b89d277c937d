/**
 * Registers which transactions read and overwrite. A read shows one value and not what was there
 * before, so the order of a key's values has to be inferred: who reads one and writes another puts
 * them in order, and so does real time.
 */
import type { Operation } from '../../history/operation.js';
import { showValue } from '../../history/tell.js';
import type { Anomaly } from './anomaly.js';
import { DependencyGraph, inRealTime, type SeenInTime } from './dependency-graph.js';
import type { Analysis } from './list-append.js';
import { type Element, isElement, type Transaction } from './transaction.js';
import { nameOf, tellBoth, tellTransaction } from './words.js';
import { happened, Writers } from './writers.js';

/** What a transaction has to do with a key, as the others see it. Null: nothing was there. */
export interface Access {
  readonly transaction: Transaction;
  readonly key: string;
  /** Before its own writes; undefined: it did not look. */
  readonly read: Element | null | undefined;
  /** Its last; undefined: none. */
  readonly written: Element | undefined;
}

export interface RegisterAnalysis extends Analysis {
  /** Of each node of the graph. */
  readonly accesses: readonly (readonly Access[])[];
}

export function analyzeRegisters(transactions: readonly Transaction[]): RegisterAnalysis {
  const writers = new Writers(transactions);
  const anomalies: Anomaly[] = [];
  const all = transactions.map((transaction) => accessesOf(transaction, anomalies));
  const reads = all.flat().filter(({ read }) => read !== undefined);
  for (const access of reads) anomalies.push(...impossibleRead(access, writers));
  anomalies.push(...lostUpdates(reads));
  const seen = new Set(
    reads.flatMap(({ key, read }) =>
      read === null || read === undefined ? [] : (writers.of(key, read)?.transaction ?? []),
    ),
  );
  const nodes = happened(transactions, seen);
  const graph = new DependencyGraph(nodes.map(({ operation }) => operation));
  const numbers = new Map(nodes.map((transaction, node) => [transaction, node]));
  const byKey = new Map<string, Access[]>();
  const accesses = nodes.map((): Access[] => []);
  for (const access of all.flat()) {
    const node = numbers.get(access.transaction);
    if (node === undefined) continue;
    accesses[node]?.push(access);
    const ofKey = byKey.get(access.key);
    if (ofKey === undefined) byKey.set(access.key, [access]);
    else ofKey.push(access);
  }
  for (const [key, ofKey] of byKey) new Versions(key, ofKey, numbers).addDependencies(graph);
  graph.addRealTime();
  return { anomalies, graph, accesses };
}

/** Checks on the way that a transaction sees its own writes, and nothing changing under it. */
function accessesOf(transaction: Transaction, anomalies: Anomaly[]): Access[] {
  const { operation, steps } = transaction;
  const accesses = new Map<string, { read?: Element | null; written?: Element }>();
  const current = new Map<string, Element | null>();
  for (const step of steps) {
    const access = accesses.get(step.key) ?? {};
    accesses.set(step.key, access);
    if (step.kind === 'write') {
      access.written = step.element;
      current.set(step.key, step.element);
      continue;
    }
    if (step.value === undefined || operation.status !== 'ok') continue;
    const { value } = step;
    if (value !== null && !isElement(value)) {
      anomalies.push({
        class: 'garbage-read',
        explanation: `${tellTransaction(operation)}: ${step.key} is not a value.`,
        culprits: [operation.number],
      });
      continue;
    }
    const wanted = current.get(step.key);
    if (wanted === undefined) {
      access.read = value;
      current.set(step.key, value);
    } else if (value !== wanted) {
      const must = `by its own steps ${step.key} must be ${showValue(wanted)}`;
      anomalies.push({
        class: 'internal',
        explanation: `${tellTransaction(operation)}: ${must}.`,
        culprits: [operation.number],
      });
    }
  }
  return [...accesses].map(([key, { read, written }]) => ({ transaction, key, read, written }));
}

function impossibleRead({ transaction, key, read }: Access, writers: Writers): Anomaly[] {
  const { operation } = transaction;
  if (read === null || read === undefined) return [];
  const shown = `${key} = ${showValue(read)}`;
  const anomaly = (
    kind: Anomaly['class'],
    why: string,
    others: readonly Operation[],
  ): Anomaly[] => [
    {
      class: kind,
      explanation: [`${tellTransaction(operation)}: ${why}.`, ...others.map(tellTransaction)].join(
        '\n  ',
      ),
      culprits: [operation, ...others].map(({ number }) => number),
    },
  ];
  const writer = writers.of(key, read);
  if (writer === undefined) return anomaly('garbage-read', `nobody ever wrote ${shown}`, []);
  const other = writer.transaction.operation;
  const name = nameOf(other);
  if (other === operation) {
    return anomaly('internal', `it read ${shown} before it wrote it`, []);
  }
  if (other.status === 'fail')
    return anomaly('G1a', `${shown} is of ${name}, which was refused`, [other]);
  if (!writer.intermediate) return [];
  return anomaly('G1b', `${shown} was not the last that ${name} wrote there`, [other]);
}

/** Two that read the same value and then both replaced it: one has not seen the other. */
function lostUpdates(reads: readonly Access[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const updaters = new Map<string, Operation>();
  for (const { transaction, key, read, written } of reads) {
    if (written === undefined) continue;
    const { operation } = transaction;
    const version = JSON.stringify([key, read]);
    const other = updaters.get(version);
    updaters.set(version, other ?? operation);
    if (other === undefined) continue;
    anomalies.push({
      class: 'lost-update',
      explanation: tellBoth(
        `both read ${key} = ${showValue(read)} and replaced it`,
        other,
        operation,
      ),
      culprits: [other.number, operation.number],
    });
  }
  return anomalies;
}

/** The values of one key, and what is known of their order. */
class Versions {
  readonly #key: string;
  readonly #accesses: readonly Access[];
  readonly #writers = new Map<Element, number>();
  readonly #readers = new Map<Element | null, number[]>();

  constructor(key: string, accesses: readonly Access[], numbers: ReadonlyMap<Transaction, number>) {
    this.#key = key;
    this.#accesses = accesses;
    for (const { transaction, read, written } of accesses) {
      const node = numbers.get(transaction);
      if (node === undefined) continue;
      if (written !== undefined) this.#writers.set(written, node);
      if (read === undefined) continue;
      const readers = this.#readers.get(read);
      if (readers === undefined) this.#readers.set(read, [node]);
      else readers.push(node);
    }
  }

  addDependencies(graph: DependencyGraph): void {
    const key = this.#key;
    for (const [value, readers] of this.#readers) {
      const from = value === null ? undefined : this.#writers.get(value);
      if (from === undefined) continue;
      for (const to of readers) graph.add({ from, to, kind: 'wr', key, before: value });
    }
    const followed = new Set<Element>();
    const follow = (before: Element | null, after: Element, seenInTime?: SeenInTime) => {
      const to = this.#writers.get(after);
      if (to === undefined) return;
      followed.add(after);
      const what = { to, key, before, after, ...(seenInTime !== undefined && { seenInTime }) };
      const writer = before === null ? undefined : this.#writers.get(before);
      if (writer !== undefined) graph.add({ ...what, from: writer, kind: 'ww' });
      for (const from of this.#readers.get(before) ?? []) graph.add({ ...what, from, kind: 'rw' });
    };
    for (const { read, written } of this.#accesses) {
      if (read !== undefined && written !== undefined) follow(read, written);
    }
    this.#orderInTime(follow);
    // Nothing was there first: before those that are first among the rest.
    for (const value of this.#writers.keys()) if (!followed.has(value)) follow(null, value);
  }

  /** Whoever meets a key after somebody else was done meets the same value or a later one. */
  #orderInTime(
    follow: (before: Element | null, after: Element, seenInTime: SeenInTime) => void,
  ): void {
    const met = this.#accesses.filter(
      ({ read, written }) => read !== undefined || written !== undefined,
    );
    const pairs = inRealTime(met.map(({ transaction }) => transaction.operation));
    const told = new Set<string>();
    for (const pair of pairs) {
      const [earlier, later] = [met[pair.earlier], met[pair.later]];
      if (earlier === undefined || later === undefined) continue;
      const before = earlier.written ?? earlier.read;
      const after = later.read === undefined ? later.written : later.read;
      if (before === undefined || after === undefined || after === null || before === after) {
        continue;
      }
      const name = JSON.stringify([before, after]);
      if (told.has(name)) continue;
      told.add(name);
      follow(before, after, {
        earlier: earlier.transaction.operation,
        later: later.transaction.operation,
      });
    }
  }
}
