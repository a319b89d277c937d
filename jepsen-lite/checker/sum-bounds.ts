/**
 * A sum to which amounts are added, of which some are added for sure by the time somebody looks,
 * and others only perhaps: between which bounds what he sees must lie.
 */
import type { Operation } from '../history/operation.js';
import { Sorted } from './sorted.js';

export interface Change {
  readonly operation: Operation;
  readonly amount: number;
}

export interface Bounds {
  readonly look: Operation;
  readonly low: number;
  readonly high: number;
}

/** By the looks, in the order of their answers. Refused changes are not to be given. */
export function boundsOfSum(changes: readonly Change[], looks: readonly Operation[]): Bounds[] {
  const surely = new Totals(changes, ({ operation }) => operation.completedAt);
  const perhaps = new Totals(changes, ({ operation }) => operation.invokedAt);
  return [...looks]
    .sort((a, b) => a.completedAt - b.completedAt)
    .map((look) => {
      const sure = surely.before(look.invokedAt);
      const possible = perhaps.before(look.completedAt);
      return { look, low: sure.up + possible.down, high: possible.up + sure.down };
    });
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
