/** Which node of a graph without cycles leads to which, as a table of bits. */
import type { DependencyGraph } from './dependency-graph.js';

export class Reachability {
  readonly #words: number;
  readonly #bits: Uint32Array;

  private constructor(nodes: number) {
    this.#words = Math.ceil(nodes / 32);
    this.#bits = new Uint32Array(nodes * this.#words);
  }

  /** Undefined when there is a cycle. */
  static of(graph: DependencyGraph): Reachability | undefined {
    const order = inOrder(graph);
    if (order === undefined) return undefined;
    const reach = new Reachability(order.length);
    for (const node of order.reverse()) {
      for (const { to } of graph.from(node)) reach.#include(node, to);
    }
    return reach;
  }

  leads(from: number, to: number): boolean {
    return (((this.#bits[from * this.#words + (to >> 5)] ?? 0) >>> (to & 31)) & 1) === 1;
  }

  /** The other one, and all that it leads to. */
  #include(node: number, other: number): void {
    if (this.leads(node, other)) return;
    const [mine, theirs] = [node * this.#words, other * this.#words];
    for (let word = 0; word < this.#words; word += 1) {
      const both = (this.#bits[mine + word] ?? 0) | (this.#bits[theirs + word] ?? 0);
      this.#bits[mine + word] = both;
    }
    const at = mine + (other >> 5);
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (other & 31));
  }
}

/** Every node before those that it leads to (Kahn). */
function inOrder(graph: DependencyGraph): number[] | undefined {
  const nodes = graph.operations.length;
  const waitsFor = new Array<number>(nodes).fill(0);
  for (let node = 0; node < nodes; node += 1) {
    for (const { to } of graph.from(node)) waitsFor[to] = (waitsFor[to] ?? 0) + 1;
  }
  const order = [...waitsFor.keys()].filter((node) => waitsFor[node] === 0);
  for (const node of order) {
    for (const { to } of graph.from(node)) {
      const left = (waitsFor[to] ?? 0) - 1;
      waitsFor[to] = left;
      if (left === 0) order.push(to);
    }
  }
  return order.length === nodes ? order : undefined;
}
