/**
 * Which texts somebody without a place has still to find, and who may yet bring them. Once nobody
 * can bring a text back, it must not go before everybody who found it has a place.
 */
import type { Cell } from './cell.js';

export class NeededTexts {
  /** Per action: the number of the text that it finds, or leaves, or -1. */
  readonly #finds: Int32Array;
  readonly #leaves: Int32Array;
  /** Per text: how many without a place find or leave it. */
  readonly #finders: Int32Array;
  readonly #writers: Int32Array;

  /** `order` has the numbers of the cell's actions, by the numbers that the search has for them. */
  constructor(cell: Cell, order: readonly number[]) {
    this.#finds = Int32Array.from(order, (at) => cell.foundText(at));
    this.#leaves = Int32Array.from(order, (at) => cell.writtenText(at));
    this.#finders = count(this.#finds, cell.texts);
    this.#writers = count(this.#leaves, cell.texts);
  }

  placed(each: number): void {
    this.#add(each, -1);
  }

  unplaced(each: number): void {
    this.#add(each, 1);
  }

  /** Whether the action, which changes the text to another, makes it too late for somebody. */
  loses(text: number, each: number): boolean {
    if (this.#writers[text] !== 0) return false;
    return (this.#finders[text] ?? 0) > (this.#finds[each] === text ? 1 : 0);
  }

  #add(each: number, by: number): void {
    const found = this.#finds[each] ?? -1;
    const left = this.#leaves[each] ?? -1;
    if (found >= 0) this.#finders[found] = (this.#finders[found] ?? 0) + by;
    if (left >= 0) this.#writers[left] = (this.#writers[left] ?? 0) + by;
  }
}

function count(texts: Int32Array, length: number): Int32Array {
  const counts = new Int32Array(length);
  for (const text of texts) if (text >= 0) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
