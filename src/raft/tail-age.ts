/**
 * Since when a group's state has held which entries durably: a few samples instead of a time per
 * entry, so an entry goes up to an eighth of the age late and never early.
 */
import type { Index } from './core/types.js';

const samplesPerAge = 8;

export class TailAge {
  readonly #ageMs: number;
  /** Ascending. */
  #samples: { readonly index: Index; readonly atMs: number }[] = [];

  constructor(ageMs: number) {
    this.#ageMs = ageMs;
  }

  /** Notes what is durable now; returns the index up to which everything is past the age. */
  past(durable: Index, nowMs: number): Index {
    const newest = this.#samples[this.#samples.length - 1];
    const due = newest === undefined || nowMs - newest.atMs >= this.#ageMs / samplesPerAge;
    if (due && durable > (newest?.index ?? 0)) this.#samples.push({ index: durable, atMs: nowMs });
    let past = 0;
    let kept = 0;
    for (const { index, atMs } of this.#samples) {
      if (nowMs - atMs < this.#ageMs) break;
      past = index;
      kept += 1;
    }
    // The last one that is past stays: what it says holds until a newer one says more.
    if (kept > 1) this.#samples.splice(0, kept - 1);
    return past;
  }
}
