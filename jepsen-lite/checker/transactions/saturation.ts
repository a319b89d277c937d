/**
 * Dependencies that follow from others. Where somebody reads what W wrote, no other writer X of the
 * key can stand between the two: if X comes before the reader it comes before W, and if it comes
 * after W it comes after the reader. What follows may let more follow, until nothing new does; a
 * cycle then shows that there is no order, and without one far fewer orders are left to try.
 * (Papadimitriou's polygraphs; Cobra and PolySI prune their constraints so.)
 */
import type { Dependency, DependencyGraph } from './dependency-graph.js';
import { Reachability } from './reachability.js';
import type { Access } from './rw-register.js';
import type { Element } from './transaction.js';

/** Beyond that the table of who comes before whom is too large. */
const nodesMax = 10_000;
const roundsMax = 50;

/** `accesses` are those of each node. Ends when nothing follows any more, or at the first cycle. */
export function saturate(
  graph: DependencyGraph,
  accesses: readonly (readonly Access[])[],
  deadline: number,
): void {
  if (accesses.length > nodesMax) return;
  const keys = registersOf(accesses);
  for (let round = 0; round < roundsMax && performance.now() < deadline; round += 1) {
    const reach = Reachability.of(graph);
    if (reach === undefined) return;
    const found = keys.flatMap((register) => consequences(register, reach));
    if (found.length === 0) return;
    for (const dependency of found) graph.add(dependency);
  }
}

interface RegisterUse {
  readonly key: string;
  readonly writers: ReadonlyMap<Element, number>;
  readonly reads: readonly { readonly reader: number; readonly value: Element | null }[];
}

function registersOf(accesses: readonly (readonly Access[])[]): RegisterUse[] {
  const writers = new Map<string, Map<Element, number>>();
  const reads = new Map<string, { reader: number; value: Element | null }[]>();
  for (const [node, own] of accesses.entries()) {
    for (const { key, read, written } of own) {
      const ofKey = writers.get(key) ?? new Map<Element, number>();
      const readsOfKey = reads.get(key) ?? [];
      writers.set(key, ofKey);
      reads.set(key, readsOfKey);
      if (written !== undefined) ofKey.set(written, node);
      if (read !== undefined) readsOfKey.push({ reader: node, value: read });
    }
  }
  return [...writers].map(([key, ofKey]) => ({ key, writers: ofKey, reads: reads.get(key) ?? [] }));
}

/** What is new of one key. */
function consequences({ key, writers, reads }: RegisterUse, reach: Reachability): Dependency[] {
  const found: Dependency[] = [];
  const add = (dependency: Dependency) => {
    if (!reach.leads(dependency.from, dependency.to)) found.push(dependency);
  };
  for (const { reader, value } of reads) {
    const writer = value === null ? undefined : writers.get(value);
    // Of a value that nobody wrote something else is said.
    if (value !== null && writer === undefined) continue;
    for (const [other, node] of writers) {
      if (node === writer || node === reader) continue;
      if (writer === undefined || reach.leads(writer, node)) {
        const since = writer === undefined ? undefined : { before: writer, after: node };
        const what = { key, before: value, after: other, ...(since && { since }) };
        add({ from: reader, to: node, kind: 'rw', ...what });
      }
      if (writer !== undefined && value !== null && reach.leads(node, reader)) {
        const what = { key, before: other, after: value, since: { before: node, after: reader } };
        add({ from: node, to: writer, kind: 'ww', ...what });
      }
    }
  }
  return found;
}
