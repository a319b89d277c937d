/**
 * What the nodes carry while shards of different weight are placed one after another. The bound
 * is as for counts: 1.1 times the fair share, rounded up. Whether everything can be packed below
 * it is not known (that question is bin packing), so the bound is a preference: a shard that fits
 * nowhere goes to the node that is emptiest for its share.
 */
import type { ClusterNode } from '../cluster-configuration.js';
import { boundFactor, fairShares, type ShareDemand } from './placement-share.js';

const roundingSlack = 1e-6;

export class PlacementLoad {
  readonly #costs: readonly number[];
  readonly #shares: readonly number[];
  readonly #bounds: readonly number[];
  readonly #loads: number[];

  /** `demand.shards` is the number of `costs`. */
  constructor(nodes: readonly ClusterNode[], costs: readonly number[], demand: ShareDemand) {
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    this.#costs = costs;
    this.#shares = fairShares(nodes, { ...demand, shards: total });
    this.#bounds = this.#shares.map((share) => costBound(share, total));
    this.#loads = nodes.map(() => 0);
  }

  take(choice: readonly number[], shard: number): void {
    for (const node of choice) {
      this.#loads[node] = (this.#loads[node] ?? 0) + (this.#costs[shard] ?? 0);
    }
  }

  fits(node: number, shard: number): boolean {
    const load = (this.#loads[node] ?? 0) + (this.#costs[shard] ?? 0);
    return load <= (this.#bounds[node] ?? 0) + roundingSlack;
  }

  /** All nodes, the one that carries least of its share first. */
  emptiestFirst(): number[] {
    const fill = (node: number) => (this.#loads[node] ?? 0) / (this.#shares[node] ?? 1);
    return this.#loads.map((_, node) => node).sort((a, b) => fill(a) - fill(b) || a - b);
  }
}

/** The most that a node should carry, given its fair share of the `total` of one copy. */
export function costBound(share: number, total: number): number {
  return Math.min(total, Math.max(1, Math.ceil(boundFactor * share - roundingSlack)));
}
