/**
 * A sum to which amounts are added, of which some are there for sure when somebody looks, and
 * others only perhaps: what he can see.
 */
import type { Operation } from '../history/operation.js';
import { Sorted } from './sorted.js';

/** Confirmed, or never answered. */
export interface Change {
  readonly operation: Operation;
  readonly amount: number;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Sums are counted out up to so wide a range, and over so many open changes; not beyond. */
const rangeMax = 2 ** 16;
const openMax = 4_096;

export class PossibleSums {
  readonly #surely: Totals;
  readonly #perhaps: Totals;
  /** By their calls: the confirmed ones, each with the latest answer up to it, and the others. */
  readonly #confirmed: readonly { readonly change: Change; readonly latestEnd: number }[];
  readonly #begun: Sorted<number>;
  readonly #unknown: readonly Change[];

  constructor(changes: readonly Change[]) {
    this.#surely = new Totals(changes, ({ operation }) => operation.completedAt);
    this.#perhaps = new Totals(changes, ({ operation }) => operation.invokedAt);
    const inOrder = [...changes].sort((a, b) => a.operation.invokedAt - b.operation.invokedAt);
    let latestEnd = 0;
    this.#confirmed = inOrder
      .filter(({ operation }) => operation.status === 'ok')
      .map((change) => {
        latestEnd = Math.max(latestEnd, change.operation.completedAt);
        return { change, latestEnd };
      });
    const begins = this.#confirmed.map(({ change }) => change.operation.invokedAt);
    this.#begun = new Sorted([...begins.keys()], (at) => begins[at] ?? 0);
    this.#unknown = inOrder.filter(({ operation }) => operation.status !== 'ok');
  }

  bounds(look: Operation): Bounds {
    const sure = this.#surely.before(look.invokedAt);
    const possible = this.#perhaps.before(look.completedAt);
    return { low: sure.up + possible.down, high: possible.up + sure.down };
  }

  /** Whether some choice of what is not sure adds up; undefined: that is too much to count out. */
  canBe(look: Operation, total: number): boolean | undefined {
    const open = this.#open(look);
    if (open === undefined) return undefined;
    const sure = this.#surely.before(look.invokedAt);
    let lowest = sure.up + sure.down;
    let range = 0;
    // Bit n says that the lowest sum and n more can be had.
    let sums = 1n;
    for (const amount of open) {
      range += Math.abs(amount);
      if (!Number.isInteger(amount) || range > rangeMax) return undefined;
      if (amount < 0) lowest += amount;
      sums |= sums << BigInt(Math.abs(amount));
    }
    const above = total - lowest;
    return Number.isInteger(above) && above >= 0 && ((sums >> BigInt(above)) & 1n) === 1n;
  }

  /** Undefined when there are many. */
  #open(look: Operation): readonly number[] | undefined {
    const open: number[] = [];
    for (const { operation, amount } of this.#unknown) {
      if (operation.invokedAt > look.completedAt) break;
      open.push(amount);
      if (open.length > openMax) return undefined;
    }
    for (let at = this.#begun.lastBelow(look.completedAt) ?? -1; at >= 0; at -= 1) {
      const last = this.#confirmed[at];
      if (last === undefined || last.latestEnd < look.invokedAt) break;
      if (last.change.operation.completedAt > look.invokedAt) open.push(last.change.amount);
      if (open.length > openMax) return undefined;
    }
    return open;
  }
}

/** How far changes up to a moment lead up, and how far down. */
class Totals {
  readonly #totals: Sorted<{ readonly at: number; readonly up: number; readonly down: number }>;

  constructor(changes: readonly Change[], momentOf: (change: Change) => number) {
    let [up, down] = [0, 0];
    const totals = [...changes]
      .sort((a, b) => momentOf(a) - momentOf(b))
      .map((change) => {
        if (change.amount > 0) up += change.amount;
        else down += change.amount;
        return { at: momentOf(change), up, down };
      });
    this.#totals = new Sorted(totals, ({ at }) => at);
  }

  before(moment: number): { readonly up: number; readonly down: number } {
    return this.#totals.lastBelow(moment) ?? { up: 0, down: 0 };
  }
}
