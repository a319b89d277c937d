/**
 * The terms of a whole log in a few numbers: terms never fall along it, so it is a short list of
 * runs, each from its first index to the next run's.
 */
import { invariant } from './invariant.js';
import type { Index, Term, TermRun } from './types.js';

export class TermRuns {
  #runs: TermRun[];

  constructor(runs: readonly TermRun[]) {
    this.#runs = [...runs];
  }

  /** Of a log that keeps no entry this may name one that is yet to come, with an old term. */
  get runs(): readonly TermRun[] {
    return this.#runs;
  }

  /** The term of a kept entry. */
  at(index: Index): Term {
    return this.#run(index).term;
  }

  /** The first kept index that has the same term as `index`. */
  runStart(index: Index): Index {
    return this.#run(index).from;
  }

  push(index: Index, term: Term): void {
    // A run that begins here is empty: what it named was compacted away up to its end.
    this.truncate(index);
    const last = this.#runs[this.#runs.length - 1];
    if (last !== undefined && last.term === term) return;
    invariant(last === undefined || last.term < term, 'terms never fall along the log');
    this.#runs.push({ from: index, term });
  }

  /** Forgets everything from `from` on. */
  truncate(from: Index): void {
    while (this.#runs.length > 0 && (this.#runs[this.#runs.length - 1]?.from ?? 0) >= from) {
      this.#runs.pop();
    }
  }

  /** Forgets everything up to `index`. */
  compact(index: Index): void {
    const keep = this.#position(index + 1);
    const first = this.#runs[keep];
    if (first === undefined) return;
    this.#runs = this.#runs.slice(keep);
    if (first.from <= index) this.#runs[0] = { from: index + 1, term: first.term };
  }

  #run(index: Index): TermRun {
    const run = this.#runs[this.#position(index)];
    invariant(run !== undefined && run.from <= index, 'the index is kept');
    return run;
  }

  /** Position of the last run that begins at or before `index`; the newest runs come first. */
  #position(index: Index): number {
    let i = this.#runs.length - 1;
    while (i > 0 && (this.#runs[i]?.from ?? 0) > index) i -= 1;
    return i;
  }
}
