/**
 * Looks for an order of a key's actions that explains all answers: the search of Wing and Gong with
 * Lowe's table of visited situations. Of the actions that nobody precedes, one after the other is
 * tried as the next. Three things keep it small:
 *
 *   what changes nothing and fits here is placed at once: it can be moved here from wherever else
 *     it would have stood
 *   of unknown actions that are alike, the one that began first is taken first
 *   an unknown action is placed only where it makes a difference that somebody may notice
 *
 * It runs in slices, so that many searches can take turns.
 */
import type { Action } from './action.js';
import { type Cell, impossible, initialState } from './cell.js';
import type { MemoryBudget } from './memory-budget.js';
import { UnplacedList } from './unplaced-list.js';
import { VisitedTable } from './visited-table.js';

/** How far a search came before it was clear that there is no order. */
export interface Refutation {
  /** The longest order found. */
  readonly longest: readonly Action[];
  /** Who would have to come next. */
  readonly stuck: readonly Action[];
}

/** A situation, and what to try from there. */
interface Frame {
  readonly state: number;
  /** How many actions had a place. */
  readonly placed: number;
  /** Candidates and the states after them, in pairs; taken from the end. */
  readonly candidates: number[];
}

/** How many coming reads a state is compared with before anything else is tried from it. */
const lookAheadMax = 8;

export class Search {
  readonly #cell: Cell;
  readonly visited: VisitedTable;
  /** With an answer, by their begins; then without, alike ones by their begins. */
  readonly #order: readonly number[];
  readonly #list: UnplacedList;
  readonly #knownCount: number;
  readonly #unknownPlaced: Int32Array;
  /** Per unknown action: the one like it that began before it, or -1. */
  readonly #twins: Int32Array;
  /** When the first unknown action that may undo appends began. */
  readonly #unknownResetBegin: number;
  /** Per text: who will find it still; who may bring it back. */
  readonly #findersLeft: Int32Array;
  readonly #writersLeft: Int32Array;
  /** Per action, known before unknown: the texts that it finds and leaves, or -1. */
  readonly #finds: Int32Array;
  readonly #leaves: Int32Array;
  readonly #frames: Frame[] = [];
  readonly #placed: number[] = [];
  #longest: readonly number[] = [];
  #state = initialState;
  #isNew = true;

  /** The actions of the cell are those of one key, without refused and lost reads. */
  constructor(cell: Cell, budget: MemoryBudget) {
    this.#cell = cell;
    this.visited = new VisitedTable(budget);
    const { actions } = cell;
    const at = [...actions.keys()].sort((a, b) => beginOf(actions, a) - beginOf(actions, b));
    const known = at.filter((each) => actions[each]?.certain === true);
    const unknown = at.filter((each) => actions[each]?.certain !== true);
    this.#order = [...known, ...unknown];
    this.#knownCount = known.length;
    this.#list = new UnplacedList(known.map((each) => actions[each]).filter((each) => !!each));
    this.#unknownPlaced = new Int32Array((unknown.length + 31) >> 5);
    this.#twins = twinsOf(unknown.map((each) => actions[each]).filter((each) => !!each));
    this.#finds = Int32Array.from(this.#order, (each) => cell.foundText(each));
    this.#leaves = Int32Array.from(this.#order, (each) => cell.writtenText(each));
    this.#findersLeft = counted(this.#finds, cell.texts);
    this.#writersLeft = counted(this.#leaves, cell.texts);
    const resets = unknown.filter((each) => this.#isReset(each));
    this.#unknownResetBegin = earliest(resets.map((each) => beginOf(actions, each)));
  }

  /** Undefined: not known yet. */
  run(steps: number): 'valid' | 'invalid' | undefined {
    for (let step = 0; step < steps; step += 1) {
      if (this.#isNew) {
        this.#isNew = false;
        this.#placeFitting();
        if (this.#list.left === 0) return 'valid';
        if (!this.#isDeadEnd() && this.#visit()) this.#open();
      }
      if (!this.#tryNext()) return 'invalid';
    }
    return undefined;
  }

  refutation(): Refutation {
    const placed = new Set(this.#longest);
    const { actions } = this.#cell;
    const longest = this.#longest.flatMap((each) => this.#action(each) ?? []);
    const waiting = this.#order
      .filter((_, each) => !placed.has(each))
      .flatMap((at) => actions[at] ?? []);
    const end = earliest(waiting.map((action) => action.end));
    const stuck = waiting.filter(({ begin, certain }) => begin <= end && certain);
    return { longest, stuck };
  }

  #action(each: number): Action | undefined {
    return this.#cell.actions[this.#order[each] ?? -1];
  }

  #step(state: number, each: number): number {
    return this.#cell.step(state, this.#order[each] ?? -1);
  }

  /** What changes nothing and fits has its place at once, and may let others begin. */
  #placeFitting(): void {
    const list = this.#list;
    for (let placed = true; placed; ) {
      placed = false;
      let end = Number.POSITIVE_INFINITY;
      for (let each = list.first; each >= 0; each = list.after(each)) {
        if (list.begin(each) > end) break;
        const isPure = this.#cell.pure[this.#order[each] ?? -1] === 1;
        if (isPure && this.#step(this.#state, each) === this.#state) {
          this.#place(each);
          placed = true;
        } else end = Math.min(end, list.end(each));
      }
    }
  }

  /** Where only appends come next, what stands here must lead to what the next reads found. */
  #isDeadEnd(): boolean {
    if (!this.#cell.hasAppends) return false;
    const list = this.#list;
    let resetBegin = this.#unknownResetBegin;
    const reads: number[] = [];
    for (let each = list.first; each >= 0; each = list.after(each)) {
      const at = this.#order[each] ?? -1;
      if (list.begin(each) > resetBegin) break;
      if (this.#isReset(at) || reads.length === lookAheadMax) {
        resetBegin = Math.min(resetBegin, list.begin(each));
        break;
      }
      if (this.#cell.actions[at]?.kind === 'read') reads.push(each);
    }
    return reads.some(
      (each) =>
        list.end(each) < resetBegin && !this.#cell.leadsTo(this.#state, this.#order[each] ?? -1),
    );
  }

  /** Whether texts may become shorter by it. */
  #isReset(at: number): boolean {
    const kind = this.#cell.actions[at]?.kind;
    return kind !== 'append' && this.#cell.pure[at] === 0;
  }

  #visit(): boolean {
    const { from, count, words } = this.#list.window();
    const unknown = this.#unknownPlaced;
    return this.visited.visit({ state: this.#state, from, count, placed: words, unknown });
  }

  #open(): void {
    const candidates: number[] = [];
    const state = this.#state;
    const list = this.#list;
    let end = Number.POSITIVE_INFINITY;
    for (let each = list.first; each >= 0; each = list.after(each)) {
      if (list.begin(each) > end) break;
      end = Math.min(end, list.end(each));
      const after = this.#step(state, each);
      if (after !== impossible && !this.#loses(state, each, after)) candidates.push(each, after);
    }
    for (let each = this.#knownCount; each < this.#order.length; each += 1) {
      if ((this.#action(each)?.begin ?? 0) > end) continue;
      const after = this.#useful(state, each);
      if (after !== impossible) candidates.push(each, after);
    }
    reversePairs(candidates);
    this.#frames.push({ state, placed: this.#placed.length, candidates });
  }

  /** The state after an unknown action, if it is one worth trying. */
  #useful(state: number, each: number): number {
    const unknown = each - this.#knownCount;
    if (this.#isUnknownPlaced(unknown)) return impossible;
    const twin = this.#twins[unknown] ?? -1;
    if (twin >= 0 && !this.#isUnknownPlaced(twin)) return impossible;
    const after = this.#step(state, each);
    if (after === state || after === impossible || this.#loses(state, each, after)) {
      return impossible;
    }
    return this.#cell.isUnseen(after) && !this.#cell.notices ? impossible : after;
  }

  /** Whether a text goes for good that somebody found who has no place yet. */
  #loses(state: number, each: number, after: number): boolean {
    if (this.#cell.hasAppends) return false;
    const text = this.#cell.textOf(state);
    if (this.#cell.textOf(after) === text || this.#writersLeft[text] !== 0) return false;
    const own = this.#finds[each] === text ? 1 : 0;
    return (this.#findersLeft[text] ?? 0) > own;
  }

  #isUnknownPlaced(unknown: number): boolean {
    return (((this.#unknownPlaced[unknown >> 5] ?? 0) >> (unknown & 31)) & 1) === 1;
  }

  /** False: everything was tried. */
  #tryNext(): boolean {
    for (;;) {
      const frame = this.#frames.at(-1);
      if (this.#placed.length > this.#longest.length) this.#longest = [...this.#placed];
      if (frame === undefined) return false;
      while (this.#placed.length > frame.placed) this.#unplace();
      const after = frame.candidates.pop();
      const each = frame.candidates.pop();
      if (after === undefined || each === undefined) {
        this.#frames.pop();
        continue;
      }
      this.#place(each);
      this.#state = after;
      this.#isNew = true;
      return true;
    }
  }

  #place(each: number): void {
    this.#placed.push(each);
    this.#count(each, -1);
    if (each < this.#knownCount) this.#list.remove(each);
    else this.#toggleUnknown(each);
  }

  #unplace(): void {
    const each = this.#placed.pop();
    if (each === undefined) return;
    this.#count(each, 1);
    if (each < this.#knownCount) this.#list.restore(each);
    else this.#toggleUnknown(each);
  }

  #count(each: number, by: number): void {
    const [found, left] = [this.#finds[each] ?? -1, this.#leaves[each] ?? -1];
    if (found >= 0) this.#findersLeft[found] = (this.#findersLeft[found] ?? 0) + by;
    if (left >= 0) this.#writersLeft[left] = (this.#writersLeft[left] ?? 0) + by;
  }

  #toggleUnknown(each: number): void {
    const unknown = each - this.#knownCount;
    this.#unknownPlaced[unknown >> 5] =
      (this.#unknownPlaced[unknown >> 5] ?? 0) ^ (1 << (unknown & 31));
  }
}

function counted(numbers: Int32Array, length: number): Int32Array {
  const counts = new Int32Array(length);
  for (const number of numbers) if (number >= 0) counts[number] = (counts[number] ?? 0) + 1;
  return counts;
}

function earliest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function beginOf(actions: readonly Action[], at: number): number {
  return actions[at]?.begin ?? 0;
}

/** `unknown` by their begins. */
function twinsOf(unknown: readonly Action[]): Int32Array {
  const latest = new Map<string, number>();
  return Int32Array.from(unknown, (action, each) => {
    const { kind, text, expected, condition, left } = action;
    const name = JSON.stringify([kind, text, expected, condition, left]);
    const twin = latest.get(name) ?? -1;
    latest.set(name, each);
    return twin;
  });
}

function reversePairs(pairs: number[]): void {
  for (let low = 0, high = pairs.length - 2; low < high; low += 2, high -= 2) {
    for (const part of [0, 1]) {
      const kept = pairs[low + part] ?? 0;
      pairs[low + part] = pairs[high + part] ?? 0;
      pairs[high + part] = kept;
    }
  }
}
