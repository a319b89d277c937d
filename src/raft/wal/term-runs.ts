/**
 * The terms of a log's entries as runs: a term changes with an election, entries come by the
 * thousand.
 */
import { invariant } from '../core/invariant.js';
import type { Index, Term, TermRun } from '../core/types.js';

export class TermRuns {
  #runs: TermRun[];

  constructor(runs: readonly TermRun[] = []) {
    this.#runs = [...runs];
  }

  get runs(): readonly TermRun[] {
    return this.#runs;
  }

  /** The term of the last run, or 0. */
  get lastTerm(): Term {
    return this.#runs.at(-1)?.term ?? 0;
  }

  append(index: Index, term: Term): void {
    const last = this.#runs.at(-1);
    if (last?.term === term) return;
    invariant(last === undefined || last.from < index, 'term runs are appended in order');
    this.#runs.push({ from: index, term });
  }

  /** The index must lie within the log; only then is there a run for it. */
  at(index: Index): Term {
    const runs = this.#runs;
    for (let i = runs.length - 1; i >= 0; i--) {
      const run = runs[i];
      if (run !== undefined && run.from <= index) return run.term;
    }
    throw new Error(`no term is known for index ${index}`);
  }

  /** Forgets the entries at `from` and above. */
  truncate(from: Index): void {
    while ((this.#runs.at(-1)?.from ?? -1) >= from) this.#runs.pop();
  }

  /** Forgets the entries up to `index`; the log goes on to `lastIndex`. */
  compact(index: Index, lastIndex: Index): void {
    if (index >= lastIndex) {
      this.#runs = [];
      return;
    }
    const kept = this.#runs.findLastIndex((run) => run.from <= index + 1);
    const [head, ...rest] = this.#runs.slice(kept);
    invariant(head !== undefined, 'a log with entries has a run for the first');
    this.#runs = [{ from: index + 1, term: head.term }, ...rest];
  }
}
