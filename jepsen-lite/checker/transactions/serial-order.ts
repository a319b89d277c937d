/**
 * Looks for an order of transactions on registers that explains what each read, along the known
 * dependencies. One that is found proves the history right, however it was found. Taking always
 * one that reads what stands there, and of writers the one that overwrites nothing that somebody
 * has still to read, leads through nearly always; when not, nothing is proved.
 */
import type { DependencyGraph } from './dependency-graph.js';
import type { Access } from './rw-register.js';
import type { Element } from './transaction.js';

/** `accesses` are those of each node. The graph has no cycles. */
export function hasSerialOrder(
  graph: DependencyGraph,
  accesses: readonly (readonly Access[])[],
): boolean {
  const waitsFor = countPredecessors(graph);
  const due = dueMoments(graph);
  const registers = new Registers(accesses);
  const ready = new Set([...waitsFor.keys()].filter((node) => waitsFor[node] === 0));
  for (let placed = 0; placed < accesses.length; placed += 1) {
    let next: number | undefined;
    for (const node of ready) {
      const sooner = next === undefined || (due[node] ?? 0) < (due[next] ?? 0);
      if (sooner && registers.allow(accesses[node] ?? [])) next = node;
    }
    if (next === undefined) return false;
    ready.delete(next);
    registers.place(accesses[next] ?? []);
    for (const { to } of graph.from(next)) {
      const left = (waitsFor[to] ?? 0) - 1;
      waitsFor[to] = left;
      if (left === 0) ready.add(to);
    }
  }
  return true;
}

function countPredecessors(graph: DependencyGraph): number[] {
  const count = graph.operations.map(() => 0);
  for (const node of graph.operations.keys()) {
    for (const { to } of graph.from(node)) count[to] = (count[to] ?? 0) + 1;
  }
  return count;
}

/** When each must have happened at the latest: it, or one of those that depend on it, was answered. */
function dueMoments(graph: DependencyGraph): number[] {
  const waitsFor = countPredecessors(graph);
  const order = [...waitsFor.keys()].filter((node) => waitsFor[node] === 0);
  for (const node of order) {
    for (const { to } of graph.from(node)) {
      const left = (waitsFor[to] ?? 0) - 1;
      waitsFor[to] = left;
      if (left === 0) order.push(to);
    }
  }
  const due = graph.operations.map(({ completedAt }) => completedAt);
  for (const node of order.reverse()) {
    for (const { to } of graph.from(node)) {
      due[node] = Math.min(due[node] ?? 0, due[to] ?? 0);
    }
  }
  return due;
}

class Registers {
  readonly #values = new Map<string, Element | null>();
  /** How many have still to read a value of a key. */
  readonly #readers = new Map<string, Map<Element | null, number>>();

  constructor(accesses: readonly (readonly Access[])[]) {
    for (const { key, read } of accesses.flat()) if (read !== undefined) this.#count(key, read, 1);
  }

  allow(accesses: readonly Access[]): boolean {
    return accesses.every(({ key, read, written }) => {
      const value = this.#values.get(key) ?? null;
      if (read !== undefined && read !== value) return false;
      const own = read === undefined ? 0 : 1;
      return written === undefined || (this.#readers.get(key)?.get(value) ?? 0) === own;
    });
  }

  place(accesses: readonly Access[]): void {
    for (const { key, read, written } of accesses) {
      if (read !== undefined) this.#count(key, read, -1);
      if (written !== undefined) this.#values.set(key, written);
    }
  }

  #count(key: string, value: Element | null, by: number): void {
    const ofKey = this.#readers.get(key) ?? new Map<Element | null, number>();
    this.#readers.set(key, ofKey);
    ofKey.set(value, (ofKey.get(value) ?? 0) + by);
  }
}
