/**
 * Cycles of dependencies, told apart by what they are made of: the fewer kinds of dependency it
 * takes, the weaker is the promise that was already broken.
 */
import { cyclicComponents } from './components.js';
import type { Dependency, DependencyGraph, DependencyKind } from './dependency-graph.js';

export type CycleClass = 'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item';

export interface Cycle {
  readonly class: CycleClass;
  /** It takes the real-time order to see it. */
  readonly realTime: boolean;
  readonly edges: readonly Dependency[];
}

/**
 * From the worst on. With real time a single read of the past comes first: it says most simply
 * what is wrong.
 */
const classes: Readonly<Record<'logical' | 'realTime', readonly CycleClass[]>> = {
  logical: ['G0', 'G1c', 'G-single', 'G-nonadjacent', 'G2-item'],
  realTime: ['G-single', 'G0', 'G1c', 'G-nonadjacent', 'G2-item'],
};

/** Where more could be tried for a shorter cycle, so many are. */
const attemptsMax = 64;
/** A huge tangle is searched so long for each class: any cycle refutes, the worst says more. */
const patienceMs = 1_000;

/** One cycle for each tangle, of the worst class as far as there is time to look. */
export function findCycles(graph: DependencyGraph, deadline: number): Cycle[] {
  const nodes = graph.operations.keys();
  const successors = (node: number) => graph.from(node).map(({ to }) => to);
  return cyclicComponents(nodes, successors).map((component) =>
    new Tangle(graph, component, deadline).worstCycle(),
  );
}

/** A strongly connected component: each node can be reached from each other. */
class Tangle {
  readonly #graph: DependencyGraph;
  readonly #members: ReadonlySet<number>;
  readonly #deadline: number;

  constructor(graph: DependencyGraph, members: readonly number[], deadline: number) {
    this.#graph = graph;
    this.#members = new Set(members);
    this.#deadline = deadline;
  }

  worstCycle(): Cycle {
    for (const realTime of [false, true]) {
      for (const name of classes[realTime ? 'realTime' : 'logical']) {
        const edges = this.#find(name, realTime);
        if (edges !== undefined) return { ...classify(edges), class: name, edges };
      }
    }
    // No time for the worst one: whichever there is.
    const edges = this.#throughAnyNode(() => true) ?? [];
    return { ...classify(edges), edges };
  }

  #find(name: CycleClass, realTime: boolean): readonly Dependency[] | undefined {
    const plain = (...kinds: DependencyKind[]) =>
      onlyOf(new Set<DependencyKind>(realTime ? [...kinds, 'rt'] : kinds), realTime);
    switch (name) {
      case 'G0':
        return this.#throughAnyNode(plain('ww'));
      case 'G1c':
        return this.#throughAnyNode(plain('ww', 'wr'));
      case 'G-single':
        return this.#throughAntiDependency(realTime, plain('ww', 'wr'));
      case 'G-nonadjacent':
        return this.#throughAntiDependency(realTime, plain('ww', 'wr', 'rw'), true);
      case 'G2-item':
        return this.#throughAntiDependency(realTime, plain('ww', 'wr', 'rw'));
    }
  }

  #throughAnyNode(allowed: (edge: Dependency) => boolean): readonly Dependency[] | undefined {
    const next = (node: number) => this.#edges(node, allowed).map(({ to }) => to);
    const components = cyclicComponents(this.#members, next);
    const smallest = components.sort((a, b) => a.length - b.length)[0] ?? [];
    return shortest(
      smallest.slice(0, attemptsMax).map((node) => () => this.#path(node, node, allowed)),
      this.#deadline,
    );
  }

  /** The cycle's other edges are `allowed`; `apart`: no two anti-dependencies in a row. */
  #throughAntiDependency(
    realTime: boolean,
    allowed: (edge: Dependency) => boolean,
    apart = false,
  ): readonly Dependency[] | undefined {
    const isFirst = onlyOf(new Set<DependencyKind>(['rw']), realTime);
    const closings = [...this.#members]
      .flatMap((node) => this.#edges(node, isFirst))
      .map((edge) => () => {
        const path = this.#path(edge.to, edge.from, allowed, apart);
        return path === undefined ? undefined : [edge, ...path];
      });
    return shortest(closings, this.#deadline);
  }

  #edges(node: number, allowed: (edge: Dependency) => boolean): Dependency[] {
    return this.#graph.from(node).filter((edge) => this.#members.has(edge.to) && allowed(edge));
  }

  /** The shortest, breadth first. `apart`: it comes from an anti-dependency and leads to one. */
  #path(
    from: number,
    to: number,
    allowed: (edge: Dependency) => boolean,
    apart = false,
  ): Dependency[] | undefined {
    interface Visit {
      readonly node: number;
      readonly edge?: Dependency;
      readonly parent?: Visit;
    }
    const name = (node: number, afterRw: boolean) => node * 2 + (afterRw ? 1 : 0);
    const seen = new Set<number>();
    const queue: Visit[] = [{ node: from }];
    for (const visit of queue) {
      const afterRw = apart && (visit.edge === undefined || visit.edge.kind === 'rw');
      for (const edge of this.#edges(visit.node, allowed)) {
        const isRw = edge.kind === 'rw';
        if (afterRw && isRw) continue;
        const reached = { node: edge.to, edge, parent: visit };
        if (edge.to === to && !(apart && isRw)) return pathTo(reached);
        const state = name(edge.to, apart && isRw);
        if (!seen.has(state)) queue.push(reached);
        seen.add(state);
      }
    }
    return undefined;

    function pathTo(end: Visit): Dependency[] {
      const path: Dependency[] = [];
      for (let at: Visit | undefined = end; at?.edge !== undefined; at = at.parent) {
        path.unshift(at.edge);
      }
      return path;
    }
  }
}

function onlyOf(kinds: ReadonlySet<DependencyKind>, realTime: boolean) {
  return (edge: Dependency) => kinds.has(edge.kind) && (realTime || edge.seenInTime === undefined);
}

function shortest(
  attempts: readonly (() => readonly Dependency[] | undefined)[],
  deadline: number,
): readonly Dependency[] | undefined {
  const until = Math.min(deadline, performance.now() + patienceMs);
  let best: readonly Dependency[] | undefined;
  let successes = 0;
  for (const [tried, attempt] of attempts.entries()) {
    if (successes >= attemptsMax || (tried > 0 && performance.now() > until)) break;
    const found = attempt();
    if (found === undefined) continue;
    successes += 1;
    if (best === undefined || found.length < best.length) best = found;
  }
  return best;
}

function classify(edges: readonly Dependency[]): Omit<Cycle, 'edges'> {
  const count = (kind: DependencyKind) => edges.filter((edge) => edge.kind === kind).length;
  const realTime = edges.some(({ kind, seenInTime }) => kind === 'rt' || seenInTime !== undefined);
  if (count('rw') > 1) return { class: 'G2-item', realTime };
  if (count('rw') === 1) return { class: 'G-single', realTime };
  return { class: count('wr') > 0 ? 'G1c' : 'G0', realTime };
}
