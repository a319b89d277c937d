/**
 * Looks for an order of transactions on registers that explains what each read, along the known
 * dependencies. One that is found proves the history right, however it was found. Next comes
 * whoever reads what stands there and overwrites nothing that somebody has still to read; of
 * several, whoever must have happened soonest. That leads through nearly always, with a few steps
 * taken back; when it does not within its limit, nothing is proved.
 */
import type { DependencyGraph } from './dependency-graph.js';
import type { Access } from './rw-register.js';
import type { Element } from './transaction.js';

/** For each transaction on average. */
const stepsMax = 50;

/** `accesses` are those of each node. The graph has no cycles. */
export function hasSerialOrder(
  graph: DependencyGraph,
  accesses: readonly (readonly Access[])[],
  deadline: number,
): boolean {
  const order = new PartialOrder(graph, accesses);
  const choices = [order.candidates()];
  const stepsLeft = stepsMax * (accesses.length + 1);
  for (let step = 0; order.length < accesses.length; step += 1) {
    if (step > stepsLeft || performance.now() > deadline) return false;
    const next = choices.at(-1)?.pop();
    if (next !== undefined) {
      order.place(next);
      choices.push(order.isNew() ? order.candidates() : []);
    } else {
      choices.pop();
      if (choices.length === 0) return false;
      order.takeBack();
    }
  }
  return true;
}

interface Register {
  value: Element | null;
  /** How many have still to read a value. */
  readonly readers: Map<Element | null, number>;
}

interface Place {
  readonly node: number;
  /** What stood in the registers of its accesses. */
  readonly before: readonly (Element | null)[];
}

/** The transactions that have their places, and what stands in the registers after them. */
class PartialOrder {
  readonly #graph: DependencyGraph;
  readonly #accesses: readonly (readonly Access[])[];
  readonly #waitsFor: number[];
  readonly #due: readonly number[];
  readonly #ready: Set<number>;
  readonly #places: Place[] = [];
  readonly #registers = new Map<string, Register>();
  /** Hashes of who was placed and what stood there: the second time leads no further. */
  readonly #visited = new Set<number>();
  #hash = 0;

  constructor(graph: DependencyGraph, accesses: readonly (readonly Access[])[]) {
    this.#graph = graph;
    this.#accesses = accesses;
    this.#waitsFor = countPredecessors(graph);
    this.#due = dueMoments(graph);
    this.#ready = new Set([...this.#waitsFor.keys()].filter((node) => this.#waitsFor[node] === 0));
    for (const { key, read } of accesses.flat()) {
      if (read !== undefined) count(this.#register(key), read, 1);
    }
  }

  get length(): number {
    return this.#places.length;
  }

  /** Who can be next, the most urgent last. Whoever only reads does so at once, it harms nobody. */
  candidates(): number[] {
    const allowed = [...this.#ready].filter((node) => this.#of(node).every(this.#allows));
    const reader = allowed.find((node) =>
      this.#of(node).every(({ written }) => written === undefined),
    );
    if (reader !== undefined) return [reader];
    return allowed.sort((a, b) => (this.#due[b] ?? 0) - (this.#due[a] ?? 0) || b - a);
  }

  place(node: number): void {
    const before = this.#of(node).map(({ key }) => this.#register(key).value);
    for (const { key, read, written } of this.#of(node)) {
      const register = this.#register(key);
      if (read !== undefined) count(register, read, -1);
      if (written !== undefined) this.#set(key, register, written);
    }
    this.#places.push({ node, before });
    this.#ready.delete(node);
    this.#hash = (this.#hash + code(node, '')) % hashes;
    this.#follow(node, -1);
  }

  takeBack(): void {
    const last = this.#places.pop();
    if (last === undefined) return;
    const { node, before } = last;
    for (const [i, { key, read, written }] of this.#of(node).entries()) {
      const register = this.#register(key);
      if (written !== undefined) this.#set(key, register, before[i] ?? null);
      if (read !== undefined) count(register, read, 1);
    }
    this.#follow(node, 1);
    this.#ready.add(node);
    this.#hash = (this.#hash - code(node, '') + hashes) % hashes;
  }

  isNew(): boolean {
    const { size } = this.#visited;
    return this.#visited.add(this.#hash).size > size;
  }

  readonly #allows = ({ key, read, written }: Access): boolean => {
    const { value, readers } = this.#register(key);
    if (read !== undefined && read !== value) return false;
    return written === undefined || (readers.get(value) ?? 0) === (read === undefined ? 0 : 1);
  };

  #set(key: string, register: Register, value: Element | null): void {
    const change = code(key, value) - code(key, register.value);
    this.#hash = (this.#hash + change + hashes) % hashes;
    register.value = value;
  }

  #follow(node: number, by: 1 | -1): void {
    for (const { to } of this.#graph.from(node)) {
      const left = (this.#waitsFor[to] ?? 0) + by;
      this.#waitsFor[to] = left;
      if (left === 0) this.#ready.add(to);
      else this.#ready.delete(to);
    }
  }

  #of(node: number): readonly Access[] {
    return this.#accesses[node] ?? [];
  }

  #register(key: string): Register {
    const known = this.#registers.get(key);
    if (known !== undefined) return known;
    const register = { value: null, readers: new Map() };
    this.#registers.set(key, register);
    return register;
  }
}

function count({ readers }: Register, value: Element | null, by: 1 | -1): void {
  readers.set(value, (readers.get(value) ?? 0) + by);
}

const hashes = 2 ** 50;

/** Two that are equal by chance cost an order that might have been found, never a wrong one. */
function code(part: string | number, other: Element | null): number {
  let [high, low] = [0x811c9dc5, 0x01000193];
  for (const character of `${part} ${String(other)}`) {
    high = Math.imul(high ^ character.charCodeAt(0), 0x01000193);
    low = Math.imul(low + character.charCodeAt(0), 0x85ebca6b) ^ (low >>> 13);
  }
  return ((high >>> 0) * 2 ** 18 + ((low >>> 0) % 2 ** 18)) % hashes;
}

function countPredecessors(graph: DependencyGraph): number[] {
  const counts = graph.operations.map(() => 0);
  for (const node of graph.operations.keys()) {
    for (const { to } of graph.from(node)) counts[to] = (counts[to] ?? 0) + 1;
  }
  return counts;
}

/** When each must have happened at the latest: it, or one that depends on it, was answered. */
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
    for (const { to } of graph.from(node)) due[node] = Math.min(due[node] ?? 0, due[to] ?? 0);
  }
  return due;
}
