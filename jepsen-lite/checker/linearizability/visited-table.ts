/**
 * Situations that a search has been in, so that it does not go on from one twice. A situation is
 *
 *   who of the operations with an answer has a place    a window of a bit set, words `from` on
 *   what stands in the cell                             the number of a state
 *   who of the operations without an answer has one     a bit set
 *
 * Of two situations that differ in the last part only, whoever used fewer of the unknown operations
 * can do all that the other one can, so the other one counts as visited.
 *
 * Entries are words in one long row of chunks, one after the other,
 *
 *   hash | state | from | count | next | `count` window words | unknown words
 *
 * where `next` leads to one that differs in the unknown words only; the first of each such chain
 * stands in a table with open addressing. A `Set` of texts would take ten times as much and ends at
 * 2^24 entries. When there is no more room nothing is added any more: the search stays correct and
 * takes longer.
 */
import type { MemoryBudget } from './memory-budget.js';

const headWords = 5;
const nextWord = 4;
const chunkWordsBits = 16;
const chunkWords = 1 << chunkWordsBits;
const chunkMask = chunkWords - 1;
const slotsAtFirst = 256;
const bytesPerWord = 4;

export interface Situation {
  readonly state: number;
  /** First and count of the words of `placed` that are neither all ones before nor zeros after. */
  readonly from: number;
  readonly count: number;
  readonly placed: Int32Array;
  readonly unknown: Int32Array;
}

export class VisitedTable {
  readonly #budget: MemoryBudget;
  /** Place of the first entry of a chain, plus one; 0: free. */
  #slots = new Uint32Array(slotsAtFirst);
  #slotsUsed = 0;
  readonly #chunks: Int32Array[] = [];
  #end = 0;
  entries = 0;
  isFull = false;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get bytes(): number {
    return (this.#slots.length + this.#chunks.length * chunkWords) * bytesPerWord;
  }

  /** Whether the situation is a new one; then it is visited now. */
  visit(situation: Situation): boolean {
    const hash = hashOf(situation);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    let first = this.#slots[slot] as number;
    while (first !== 0 && !this.#isSame(first - 1, hash, situation)) {
      slot = (slot + 1) & mask;
      first = this.#slots[slot] as number;
    }
    const { count, unknown } = situation;
    for (let place = first; place !== 0; ) {
      const chunk = this.#chunks[(place - 1) >>> chunkWordsBits] as Int32Array;
      const at = (place - 1) & chunkMask;
      const words = at + headWords + count;
      if (isWithin(chunk, words, unknown, 0, unknown.length)) return false;
      if (isWithin(unknown, 0, chunk, words, unknown.length)) {
        // The new one can do all that this one can, and takes its place.
        chunk.set(unknown, words);
        return true;
      }
      place = (chunk[at + nextWord] as number) >>> 0;
    }
    this.#add(slot, hash, situation);
    return true;
  }

  #isSame(place: number, hash: number, { state, from, count, placed }: Situation): boolean {
    const chunk = this.#chunks[place >>> chunkWordsBits] as Int32Array;
    const at = place & chunkMask;
    if (chunk[at] !== hash || chunk[at + 1] !== state) return false;
    if (chunk[at + 2] !== from || chunk[at + 3] !== count) return false;
    const words = at + headWords;
    for (let i = 0; i < count; i += 1) if (chunk[words + i] !== placed[from + i]) return false;
    return true;
  }

  #add(slot: number, hash: number, { state, from, count, placed, unknown }: Situation): void {
    if (this.isFull || !this.#hasRoom(headWords + count + unknown.length)) {
      this.isFull = true;
      return;
    }
    const first = this.#slots[slot] as number;
    const place = this.#end;
    const chunk = this.#chunks[place >>> chunkWordsBits] as Int32Array;
    const at = place & chunkMask;
    chunk[at] = hash;
    chunk[at + 1] = state;
    chunk[at + 2] = from;
    chunk[at + 3] = count;
    chunk[at + nextWord] = first;
    const words = at + headWords;
    for (let i = 0; i < count; i += 1) chunk[words + i] = placed[from + i] as number;
    chunk.set(unknown, words + count);
    this.#end += headWords + count + unknown.length;
    this.#slots[slot] = place + 1;
    this.entries += 1;
    if (first !== 0) return;
    this.#slotsUsed += 1;
    if (this.#slotsUsed * 2 > this.#slots.length) this.#widen();
  }

  /** Makes sure that the entry stands in one chunk. */
  #hasRoom(words: number): boolean {
    const used = this.#end & chunkMask;
    const isChunkThere = this.#end >>> chunkWordsBits < this.#chunks.length;
    if (isChunkThere && used + words <= chunkWords) return true;
    if (words > chunkWords) return false;
    const place = this.#chunks.length * chunkWords;
    // Places are kept in 32 bits, plus one.
    if (place + chunkWords >= 2 ** 32) return false;
    if (!this.#budget.allows(this.bytes + chunkWords * bytesPerWord)) return false;
    this.#chunks.push(new Int32Array(chunkWords));
    this.#end = place;
    return true;
  }

  #widen(): void {
    const before = this.#slots;
    // Old and new ones are there together for a moment.
    const more = before.length * 2 * bytesPerWord;
    if (!this.#budget.allows(this.bytes + more)) {
      this.isFull = true;
      return;
    }
    const slots = new Uint32Array(before.length * 2);
    const mask = slots.length - 1;
    for (const place of before) {
      if (place === 0) continue;
      const chunk = this.#chunks[(place - 1) >>> chunkWordsBits] as Int32Array;
      let slot = (chunk[(place - 1) & chunkMask] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place;
    }
    this.#slots = slots;
  }
}

/** Whether all bits of one row are set in the other. */
function isWithin(
  some: Int32Array,
  someAt: number,
  all: Int32Array,
  allAt: number,
  words: number,
): boolean {
  for (let i = 0; i < words; i += 1) {
    if (((some[someAt + i] as number) & ~(all[allAt + i] as number)) !== 0) return false;
  }
  return true;
}

/** Without the unknown ones: those that differ only there must meet. */
function hashOf({ state, from, count, placed }: Situation): number {
  let hash = Math.imul(state + 1, 0x9e3779b1) ^ Math.imul(from + 1, 0x85ebca6b);
  for (let i = 0; i < count; i += 1) {
    hash = Math.imul(hash ^ (placed[from + i] as number), 0xc2b2ae35);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 13);
}
