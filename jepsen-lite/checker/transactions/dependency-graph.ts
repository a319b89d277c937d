/**
 * Which transaction must come before which, if there is an order at all: the ways one transaction
 * can depend on another are those of Adya's thesis, and of real time.
 *
 *   ww  the second replaced, or appended right after, what the first wrote
 *   wr  the second read what the first wrote
 *   rw  the first read what the second then replaced, or a list without what the second appended
 *   rt  the first was answered before the second began
 */
import type { Operation } from '../../history/operation.js';
import type { Element } from './transaction.js';

export type DependencyKind = 'ww' | 'wr' | 'rw' | 'rt';

/** Two operations on a key in real time, which say that one version came before another. */
export interface SeenInTime {
  readonly earlier: Operation;
  readonly later: Operation;
}

export interface Dependency {
  /** Nodes are numbered as they were added. */
  readonly from: number;
  readonly to: number;
  readonly kind: DependencyKind;
  readonly key?: string;
  /** Written or read by `from`; null: nothing was there. */
  readonly before?: Element | null;
  /** Written by `to`. */
  readonly after?: Element;
  /** Only real time says that `after` came later than `before`. */
  readonly seenInTime?: SeenInTime;
  /** It follows from the order of these two nodes. */
  readonly since?: { readonly before: number; readonly after: number };
}

export class DependencyGraph {
  readonly operations: readonly Operation[];
  readonly #edges: Dependency[][];
  /** There were more dependencies than it takes: what it does not show may be there. */
  truncated = false;
  edgeCount = 0;

  constructor(operations: readonly Operation[]) {
    this.operations = operations;
    this.#edges = operations.map(() => []);
  }

  /** Nobody depends on himself. */
  add(dependency: Dependency): void {
    if (dependency.from === dependency.to) return;
    if (this.edgeCount >= edgesMax) {
      this.truncated = true;
      return;
    }
    this.#edges[dependency.from]?.push(dependency);
    this.edgeCount += 1;
  }

  from(node: number): readonly Dependency[] {
    return this.#edges[node] ?? [];
  }

  /**
   * Not all pairs: whoever began after B was answered, and B began after A was answered, is after
   * A already. So only those are kept at hand that nobody answered has followed yet, and these are
   * never more than clients.
   */
  addRealTime(): void {
    for (const { earlier, later } of inRealTime(this.operations)) {
      this.add({ from: earlier, to: later, kind: 'rt' });
    }
  }
}

/** Many that are all concurrent depend on each other; a search through more would not end. */
const edgesMax = 500_000;

/** Pairs of positions in `operations` that imply all the others. */
export function* inRealTime(
  operations: readonly Operation[],
): Generator<{ readonly earlier: number; readonly later: number }> {
  const moments = operations.flatMap(({ invokedAt, completedAt }, node) => [
    { at: invokedAt, node, begins: true },
    ...(completedAt === Number.POSITIVE_INFINITY ? [] : [{ at: completedAt, node, begins: false }]),
  ]);
  moments.sort((a, b) => a.at - b.at);
  let latest: number[] = [];
  for (const { node, begins } of moments) {
    if (begins) {
      for (const earlier of latest) yield { earlier, later: node };
      continue;
    }
    const began = operations[node]?.invokedAt ?? 0;
    latest = latest.filter((other) => (operations[other]?.completedAt ?? 0) > began);
    latest.push(node);
  }
}
