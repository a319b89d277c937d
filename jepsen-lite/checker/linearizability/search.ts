/**
 * Looks for an order of a key's actions that explains all answers: the search of Wing and Gong with
 * Lowe's table of visited situations. Of the actions that nobody precedes, one after the other is
 * tried as the next. What keeps it small:
 *
 *   what changes nothing and fits is placed at once: it can be moved here from wherever else it
 *     would have stood
 *   of actions that are alike, only the one that must be over first is tried: they could change
 *     places
 *   a text that nobody can bring back does not go before everybody who found it has a place
 *   what leaves a text that nobody finds goes before whatever else overwrites the cell
 *   an unknown change is placed only if somebody finds it at once: else it need not have happened
 *
 * It runs in slices, so that many searches can take turns.
 */
import type { Action } from './action.js';
import { type Cell, impossible, initialState } from './cell.js';
import type { MemoryBudget } from './memory-budget.js';
import { NeededTexts } from './needed-texts.js';
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
  /** Who may be next, and the states after them; tried from the end. */
  readonly candidates: number[];
  readonly states: number[];
}

/** With how many coming reads a state is compared before anything is tried from it. */
const lookAheadMax = 8;

export class Search {
  readonly #cell: Cell;
  readonly #visited: VisitedTable;
  /**
   * The cell's actions in another order, whose numbers are used below: those with an answer by
   * their begins, then those without, by their begins.
   */
  readonly #order: readonly number[];
  readonly #knownCount: number;
  readonly #begins: Float64Array;
  /** Actions that are alike have the same number. */
  readonly #likeness: Int32Array;
  /** Per likeness: when one was met last, and where it stands. */
  readonly #lastStamp: Int32Array;
  readonly #lastAt: Int32Array;
  #stamp = 0;
  readonly #isPure: Uint8Array;
  /** It leaves a text that nobody finds, whatever stood there: where one stands, it is free. */
  readonly #isBlind: Uint8Array;
  readonly #list: UnplacedList;
  readonly #unknownPlaced: Int32Array;
  readonly #needed: NeededTexts;
  /** Answers tell whole texts and nothing else. */
  readonly #onlyTexts: boolean;
  readonly #frames: Frame[] = [];
  readonly #placed: number[] = [];
  #longest: readonly number[] = [];
  #state = initialState;
  #isNew = true;
  /** An unknown change was placed last. */
  #mustBeFound = false;

  /** The actions of the cell are those of one key, without refused ones and lost reads. */
  constructor(cell: Cell, budget: MemoryBudget) {
    this.#cell = cell;
    this.#visited = new VisitedTable(budget);
    const { actions } = cell;
    const begin = (at: number) => actions[at]?.begin ?? 0;
    const byBegin = [...actions.keys()].sort((a, b) => begin(a) - begin(b));
    const known = byBegin.filter((at) => actions[at]?.certain === true);
    const unknown = byBegin.filter((at) => actions[at]?.certain === false);
    this.#order = [...known, ...unknown];
    this.#knownCount = known.length;
    this.#begins = Float64Array.from(this.#order, begin);
    this.#likeness = likenessOf(this.#order.flatMap((at) => actions[at] ?? []));
    this.#lastStamp = new Int32Array(this.#order.length);
    this.#lastAt = new Int32Array(this.#order.length);
    this.#isPure = Uint8Array.from(this.#order, (at) => cell.pure[at] ?? 0);
    this.#list = new UnplacedList(known.flatMap((at) => actions[at] ?? []));
    this.#unknownPlaced = new Int32Array((unknown.length + 31) >> 5);
    this.#needed = new NeededTexts(cell, this.#order);
    this.#onlyTexts = !cell.hasAppends && !cell.notices;
    this.#isBlind = Uint8Array.from(known, (at) => Number(this.#onlyTexts && isBlind(cell, at)));
  }

  /** Undefined: not known yet. */
  run(steps: number): 'valid' | 'invalid' | undefined {
    for (let step = 0; step < steps; step += 1) {
      if (this.#isNew) {
        this.#isNew = false;
        const found = this.#placeFitting();
        if (this.#list.left === 0) return 'valid';
        // Not a situation to remember: from elsewhere, more can be tried in it.
        if (this.#mustBeFound && !found) this.#open('cas');
        else if (!this.#isDeadEnd() && this.#visit()) this.#open();
      }
      if (!this.#tryNext()) return 'invalid';
    }
    return undefined;
  }

  refutation(): Refutation {
    const placed = new Set(this.#longest);
    const longest = this.#longest.flatMap((each) => this.#action(each) ?? []);
    const waiting = [...this.#order.keys()]
      .filter((each) => !placed.has(each))
      .flatMap((each) => this.#action(each) ?? []);
    const end = waiting.reduce((least, action) => Math.min(least, action.end), Infinity);
    const stuck = waiting.filter(({ begin, certain }) => begin <= end && certain);
    return { longest, stuck };
  }

  #action(each: number): Action | undefined {
    return this.#cell.actions[this.#order[each] ?? -1];
  }

  #step(state: number, each: number): number {
    return this.#cell.step(state, this.#order[each] ?? -1);
  }

  /** What changes nothing and fits gets its place, and may let others begin. False: nothing did. */
  #placeFitting(): boolean {
    const list = this.#list;
    const before = this.#placed.length;
    for (let placed = true; placed; ) {
      placed = false;
      let end = Number.POSITIVE_INFINITY;
      for (let each = list.first; each >= 0; each = list.after(each)) {
        if (list.begin(each) > end) break;
        const isFree = this.#isPure[each] === 1 || this.#isBlind[each] === 1;
        if (isFree && this.#step(this.#state, each) === this.#state) {
          this.#place(each);
          placed = true;
        } else end = Math.min(end, list.end(each));
      }
    }
    return this.#placed.length > before;
  }

  /** Where only appends come next, what stands here must lead to what the next reads found. */
  #isDeadEnd(): boolean {
    if (!this.#cell.hasAppends) return false;
    const list = this.#list;
    // Until somebody may begin who does not append.
    let until = this.#firstUnknownChange();
    const reads: number[] = [];
    for (let each = list.first; each >= 0; each = list.after(each)) {
      if (list.begin(each) > until) break;
      const isRead = this.#action(each)?.kind === 'read';
      if (this.#mayShorten(each) || reads.length === lookAheadMax) until = list.begin(each);
      else if (isRead) reads.push(each);
    }
    return reads.some(
      (each) => list.end(each) < until && !this.#cell.leadsTo(this.#state, this.#order[each] ?? -1),
    );
  }

  #firstUnknownChange(): number {
    for (let each = this.#knownCount; each < this.#order.length; each += 1) {
      if (this.#mayShorten(each)) return this.#begins[each] ?? 0;
    }
    return Number.POSITIVE_INFINITY;
  }

  #mayShorten(each: number): boolean {
    return this.#isPure[each] === 0 && this.#action(each)?.kind !== 'append';
  }

  #visit(): boolean {
    const { from, count, words } = this.#list.window();
    const unknown = this.#unknownPlaced;
    return this.#visited.visit({ state: this.#state, from, count, placed: words, unknown });
  }

  /** Finds out who may be next; `only` those of one kind. */
  #open(only?: Action['kind']): void {
    const candidates: number[] = [];
    const states: number[] = [];
    const open = this.#distinct(this.#unpreceded());
    const blind = open.find((each) => this.#isBlind[each] === 1);
    for (const each of open) {
      // Whatever overwrites everything may as well come after the blind one.
      if (blind !== undefined && each !== blind && this.#overwrites(each)) continue;
      if (only !== undefined && this.#action(each)?.kind !== only) continue;
      const after = this.#after(each);
      if (after === impossible) continue;
      candidates.push(each);
      states.push(after);
    }
    this.#frames.push({ state: this.#state, placed: this.#placed.length, candidates, states });
  }

  #overwrites(each: number): boolean {
    const kind = this.#action(each)?.kind;
    return this.#isPure[each] === 0 && (kind === 'write' || kind === 'delete');
  }

  /** What is tried last stands first: unknown ones, then those that have the most time. */
  #unpreceded(): number[] {
    const list = this.#list;
    const known: number[] = [];
    let end = Number.POSITIVE_INFINITY;
    for (let each = list.first; each >= 0; each = list.after(each)) {
      if (list.begin(each) > end) break;
      end = Math.min(end, list.end(each));
      known.push(each);
    }
    const all: number[] = [];
    for (let each = this.#knownCount; each < this.#order.length; each += 1) {
      if ((this.#begins[each] ?? 0) > end) break;
      if (!this.#isUnknownPlaced(each)) all.push(each);
    }
    known.sort((a, b) => list.end(b) - list.end(a));
    all.push(...known);
    return all;
  }

  /** Of actions that are alike, the one that must be over first; it takes the place of others. */
  #distinct(actions: number[]): number[] {
    this.#stamp += 1;
    let count = 0;
    for (const each of actions) {
      const likeness = this.#likeness[each] ?? 0;
      const at = this.#lastAt[likeness] ?? 0;
      if (this.#lastStamp[likeness] === this.#stamp) {
        if (this.#end(each) < this.#end(actions[at] ?? 0)) actions[at] = each;
        continue;
      }
      this.#lastStamp[likeness] = this.#stamp;
      this.#lastAt[likeness] = count;
      actions[count] = each;
      count += 1;
    }
    actions.length = count;
    return actions;
  }

  #end(each: number): number {
    return each < this.#knownCount ? this.#list.end(each) : Number.POSITIVE_INFINITY;
  }

  /** The state after the action, or `impossible` if it cannot be next, or there is no need. */
  #after(each: number): number {
    const { hasAppends, notices } = this.#cell;
    const after = this.#step(this.#state, each);
    if (after === impossible) return after;
    if (each >= this.#knownCount) {
      if (after === this.#state) return impossible;
      if (this.#cell.isUnseen(after) && !notices) return impossible;
    }
    const text = this.#cell.textOf(this.#state);
    const changes = this.#cell.textOf(after) !== text;
    return changes && !hasAppends && this.#needed.loses(text, each) ? impossible : after;
  }

  #isUnknownPlaced(each: number): boolean {
    const unknown = each - this.#knownCount;
    return (((this.#unknownPlaced[unknown >> 5] ?? 0) >> (unknown & 31)) & 1) === 1;
  }

  /** False: everything was tried. */
  #tryNext(): boolean {
    if (this.#placed.length > this.#longest.length) this.#longest = [...this.#placed];
    for (;;) {
      const frame = this.#frames.at(-1);
      if (frame === undefined) return false;
      while (this.#placed.length > frame.placed) this.#unplace();
      const each = frame.candidates.pop();
      const after = frame.states.pop();
      if (each === undefined || after === undefined) {
        this.#frames.pop();
        continue;
      }
      this.#place(each);
      this.#state = after;
      this.#isNew = true;
      this.#mustBeFound = this.#onlyTexts && each >= this.#knownCount;
      return true;
    }
  }

  #place(each: number): void {
    this.#placed.push(each);
    this.#needed.placed(each);
    if (each < this.#knownCount) this.#list.remove(each);
    else this.#toggleUnknown(each);
  }

  #unplace(): void {
    const each = this.#placed.pop();
    if (each === undefined) return;
    this.#needed.unplaced(each);
    if (each < this.#knownCount) this.#list.restore(each);
    else this.#toggleUnknown(each);
  }

  #toggleUnknown(each: number): void {
    const unknown = each - this.#knownCount;
    this.#unknownPlaced[unknown >> 5] =
      (this.#unknownPlaced[unknown >> 5] ?? 0) ^ (1 << (unknown & 31));
  }
}

function isBlind(cell: Cell, at: number): boolean {
  const action = cell.actions[at];
  if (action?.kind !== 'write' || action.left !== 0 || cell.pure[at] === 1) return false;
  return cell.isUnseen(cell.step(initialState, at));
}

function likenessOf(actions: readonly Action[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(actions, (action) => {
    const { kind, text, expected, found, condition, outcome, told, left } = action;
    const content = [kind, text, expected, found, condition, outcome, told, left];
    const name = JSON.stringify(content);
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  });
}
