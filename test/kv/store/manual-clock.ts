/** A clock that only moves when told to. */
import type { Clock } from '../../../src/raft/clock.js';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  every(): () => void {
    throw new Error('not needed here');
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Runs the earliest timer; false when there is none. */
  next(): boolean {
    const [first] = [...this.#timers].sort((a, b) => a.atMs - b.atMs);
    if (first === undefined) return false;
    this.#timers.delete(first);
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    first.run();
    return true;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
  }
}

/** Lets everything run that waits for nothing but promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
