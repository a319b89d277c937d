/**
 * The operations with an answer that have no place yet, in the order of their begins: a doubly
 * linked list from which one is taken out, and put back in reverse order, in one step (Knuth's
 * dancing links). A bit set beside it says who has a place.
 */
import type { Action } from './action.js';

export class UnplacedList {
  readonly #begins: Float64Array;
  readonly #ends: Float64Array;
  /** At `each + 1`; 0 is the head, whose neighbours are the last and the first. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #words: Int32Array;
  /** Highest placed, at each moment: restored together with the list. */
  readonly #highest: number[] = [-1];
  left: number;

  constructor(actions: readonly Action[]) {
    const count = actions.length;
    this.#begins = Float64Array.from(actions, ({ begin }) => begin);
    this.#ends = Float64Array.from(actions, ({ end }) => end);
    this.#next = Int32Array.from({ length: count + 1 }, (_, at) => (at === count ? 0 : at + 1));
    this.#previous = Int32Array.from({ length: count + 1 }, (_, at) => (at === 0 ? count : at - 1));
    this.#words = new Int32Array((count + 31) >> 5);
    this.left = count;
  }

  /** -1: there is none. */
  get first(): number {
    return (this.#next[0] ?? 0) - 1;
  }

  after(each: number): number {
    return (this.#next[each + 1] ?? 0) - 1;
  }

  begin(each: number): number {
    return this.#begins[each] ?? 0;
  }

  end(each: number): number {
    return this.#ends[each] ?? 0;
  }

  remove(each: number): void {
    const [before, after] = [this.#previous[each + 1] ?? 0, this.#next[each + 1] ?? 0];
    this.#next[before] = after;
    this.#previous[after] = before;
    this.#toggle(each);
    this.#highest.push(Math.max(each, this.#highest.at(-1) ?? -1));
    this.left -= 1;
  }

  /** The one that was removed last of those not restored. */
  restore(each: number): void {
    const [before, after] = [this.#previous[each + 1] ?? 0, this.#next[each + 1] ?? 0];
    this.#next[before] = each + 1;
    this.#previous[after] = each + 1;
    this.#toggle(each);
    this.#highest.pop();
    this.left += 1;
  }

  /** The words of the bit set beyond those that are all ones, up to the highest one. */
  window(): { readonly from: number; readonly count: number; readonly words: Int32Array } {
    const first = this.first;
    const from = first < 0 ? this.#words.length : first >> 5;
    const highest = this.#highest.at(-1) ?? -1;
    return { from, count: Math.max(0, (highest >> 5) - from + 1), words: this.#words };
  }

  #toggle(each: number): void {
    this.#words[each >> 5] = (this.#words[each >> 5] ?? 0) ^ (1 << (each & 31));
  }
}
