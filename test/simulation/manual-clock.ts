/**
 * Virtual time for tests of parts that take a Clock: nothing happens until the test says so, and
 * timers of one moment run in the order in which they were set.
 */
import type { Clock } from '../../src/raft/clock.js';

interface Timer {
  atMs: number;
  readonly number: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #number = 0;
  #timers: Timer[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, undefined, run);
  }

  every(periodMs: number, run: () => void): () => void {
    return this.#add(periodMs, periodMs, run);
  }

  soon(run: () => void): void {
    this.#add(0, undefined, run);
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Runs everything that is due within the next `forMs`, in order. */
  advance(forMs: number): void {
    const endMs = this.#nowMs + forMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      if (next.periodMs === undefined) this.#remove(next);
      else next.atMs += next.periodMs;
      next.run();
    }
    this.#nowMs = endMs;
  }

  #add(delayMs: number, periodMs: number | undefined, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, number: this.#number++, periodMs, run };
    this.#timers.push(timer);
    return () => this.#remove(timer);
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue;
      const before =
        first === undefined ||
        timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.number < first.number);
      if (before) first = timer;
    }
    return first;
  }

  #remove(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}
