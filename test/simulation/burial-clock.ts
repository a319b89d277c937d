/**
 * The clock that a process's store is given. When the process dies, whatever waited for a moment
 * that will never come goes on at once, into the errors of a closed store: that is how the files
 * that the dead process had open get closed.
 */
import type { Clock } from '../../src/raft/clock.js';

export class BurialClock implements Clock {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #buried = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#wait(run, (ring) => this.#clock.after(delayMs, ring));
  }

  every(periodMs: number, run: () => void): () => void {
    return this.#clock.every(periodMs, run);
  }

  soon(run: () => void): void {
    this.#wait(run, (ring) => {
      this.#clock.soon(ring);
      return () => {};
    });
  }

  bury(): void {
    this.#buried = true;
    for (const ring of [...this.#waiting]) ring();
  }

  #wait(run: () => void, begin: (ring: () => void) => () => void): () => void {
    if (this.#buried) {
      queueMicrotask(run);
      return () => {};
    }
    const ring = () => {
      if (this.#waiting.delete(ring)) run();
    };
    this.#waiting.add(ring);
    const cancel = begin(ring);
    return () => {
      this.#waiting.delete(ring);
      cancel();
    };
  }
}
