/**
 * The expensive question: is there any order at all? Wing and Gong's search with Lowe's table of
 * visited situations. Of the operations that nobody precedes, one after the other is tried as the
 * next; a situation (who is placed, what the key holds) that led nowhere once is not tried again.
 *
 * The table is bounded. When it is full, nobody knows.
 */
import type { Operation } from './history.js';
import { ABSENT, type RegisterModel, type RegisterState } from './register-model.js';

export type SearchResult =
  | { readonly verdict: 'valid' | 'unknown' }
  | {
      readonly verdict: 'invalid';
      /** The longest order that could be found, and who could not come next. */
      readonly longest: readonly Operation[];
      readonly stuck: readonly Operation[];
    };

export const situationsMax = 200_000;

/** `operations` of one key, without refused ones. */
export function search(
  operations: readonly Operation[],
  model: RegisterModel,
  limit = situationsMax,
): SearchResult {
  return new Search(operations, model).run(limit);
}

interface Step {
  readonly at: number;
  readonly before: RegisterState;
  /** Where to go on among the candidates when this step led nowhere. */
  readonly nextCandidate: number;
}

class Search {
  /** By the call. */
  readonly #operations: readonly Operation[];
  readonly #model: RegisterModel;
  readonly #placed: Uint8Array;
  readonly #visited = new Set<string>();
  #steps: Step[] = [];
  #longest: readonly Step[] = [];
  /** All before it are placed. */
  #first = 0;

  constructor(operations: readonly Operation[], model: RegisterModel) {
    this.#operations = [...operations].sort((a, b) => a.invokedAt - b.invokedAt);
    this.#model = model;
    this.#placed = new Uint8Array(operations.length);
  }

  run(limit: number): SearchResult {
    let state = ABSENT;
    let candidate = 0;
    for (;;) {
      if (this.#done()) return { verdict: 'valid' };
      const step = this.#next(state, candidate);
      if (step !== undefined) {
        this.#place(step);
        state = step.after;
        candidate = this.#first;
        if (this.#visited.size > limit) return { verdict: 'unknown' };
        continue;
      }
      const undone = this.#steps.pop();
      if (undone === undefined) return this.#refuted();
      this.#placed[undone.at] = 0;
      this.#first = Math.min(this.#first, undone.at);
      state = undone.before;
      candidate = undone.nextCandidate;
    }
  }

  /** Everybody who had an answer has a place. */
  #done(): boolean {
    for (let at = this.#first; at < this.#operations.length; at += 1) {
      const unplaced = this.#placed[at] === 0;
      if (unplaced && this.#operations[at]?.completedAt !== Number.POSITIVE_INFINITY) return false;
    }
    return true;
  }

  /** The first candidate from `from` on that leads somewhere new. */
  #next(state: RegisterState, from: number): (Step & { after: RegisterState }) | undefined {
    const end = this.#earliestEnd();
    for (let at = from; at < this.#operations.length; at += 1) {
      const operation = this.#operations[at];
      // Whoever began after somebody unplaced was over must wait for that one.
      if (operation === undefined || operation.invokedAt > end) return undefined;
      if (this.#placed[at] === 1) continue;
      const after = this.#model.step(state, operation);
      if (after === undefined) continue;
      this.#placed[at] = 1;
      const isNew = this.#visit(after);
      this.#placed[at] = 0;
      if (isNew) return { at, before: state, nextCandidate: at + 1, after };
    }
    return undefined;
  }

  #earliestEnd(): number {
    let end = Number.POSITIVE_INFINITY;
    for (let at = this.#first; at < this.#operations.length; at += 1) {
      const operation = this.#operations[at];
      if (operation === undefined || operation.invokedAt > end) break;
      if (this.#placed[at] === 0) end = Math.min(end, operation.completedAt);
    }
    return end;
  }

  #place(step: Step): void {
    this.#placed[step.at] = 1;
    this.#steps.push(step);
    while (this.#placed[this.#first] === 1) this.#first += 1;
    if (this.#steps.length > this.#longest.length) this.#longest = [...this.#steps];
  }

  #visit(state: RegisterState): boolean {
    const size = this.#visited.size;
    let from = this.#first;
    while (this.#placed[from] === 1) from += 1;
    let to = this.#placed.length;
    while (to > from && this.#placed[to - 1] === 0) to -= 1;
    this.#visited.add(`${state} ${from} ${this.#placed.subarray(from, to).join('')}`);
    return this.#visited.size > size;
  }

  #refuted(): SearchResult {
    const longest = this.#longest.flatMap(({ at }) => this.#operations[at] ?? []);
    const placed = new Set(longest);
    const waiting = this.#operations.filter((operation) => !placed.has(operation));
    const end = Math.min(...waiting.map(({ completedAt }) => completedAt));
    const stuck = waiting.filter(({ invokedAt, status }) => invokedAt <= end && status === 'ok');
    return { verdict: 'invalid', longest, stuck };
  }
}
