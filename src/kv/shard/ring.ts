/**
 * The consistent-hash ring: every node stands at many points of a circle of 2^32 places, in
 * proportion to its weight, and a walk from any place meets the nodes in an order that a joining
 * or leaving node hardly disturbs. A point depends on its node alone, never on the others.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { NodeId } from '../../raft/core/types.js';
import { hashBytes } from './hash.js';

/**
 * Points of a node of weight 1. More makes the arcs more even, but the bound on loads evens out
 * what is left, so that beyond this nothing changes (figures in DESIGN.md).
 */
export const pointsPerWeight = 128;
/** Above this all nodes get fewer points in proportion, so that great weights cost no memory. */
export const pointsMax = 2 ** 18;

export interface RingNode {
  readonly id: NodeId;
  readonly weight: number;
}

export class Ring {
  readonly #positions: Uint32Array;
  readonly #owners: Uint32Array;
  readonly #nodeCount: number;

  constructor(nodes: readonly RingNode[]) {
    invariant(nodes.length > 0, 'a ring has a node');
    this.#nodeCount = nodes.length;
    const weightTotal = nodes.reduce((total, node) => total + node.weight, 0);
    const perWeight = Math.min(pointsPerWeight, pointsMax / weightTotal);
    const points = nodes.flatMap((node) => pointsOf(node, perWeight));
    // Two nodes may meet at one place; the id decides, so that the order given does not.
    points.sort((a, b) => a.position - b.position || a.owner - b.owner);
    this.#positions = Uint32Array.from(points, (point) => point.position);
    this.#owners = Uint32Array.from(points, (point) => point.owner);
  }

  /** Every node once, in the order met clockwise from `position` (inclusive). */
  *walk(position: number): Generator<NodeId, void, undefined> {
    const seen = new Set<NodeId>();
    const count = this.#owners.length;
    const first = this.#firstAtOrAfter(position);
    for (let step = 0; step < count && seen.size < this.#nodeCount; step += 1) {
      const owner = this.#owners[(first + step) % count];
      invariant(owner !== undefined, 'an index modulo the count of points');
      if (seen.has(owner)) continue;
      seen.add(owner);
      yield owner;
    }
  }

  #firstAtOrAfter(position: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function pointsOf(node: RingNode, perWeight: number): { position: number; owner: NodeId }[] {
  const count = Math.max(1, Math.round(node.weight * perWeight));
  return Array.from({ length: count }, (_, index) => ({
    position: hashBytes(Buffer.from(`node/${node.id}/${index}`)),
    owner: node.id,
  }));
}
