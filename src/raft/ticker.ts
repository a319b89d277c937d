/**
 * Turns the passing of time into ticks. Counted from the clock and not from the timer, so that a
 * busy loop does not slow the elections of the group down; but after a long gap (a pause, a
 * suspended machine) one tick is delivered and not a burst, which would look like a silence of
 * everybody else.
 */
import type { Clock } from './clock.js';

export class Ticker {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #gapTicksMax: number;
  #lastMs = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, options: { tickMs: number; gapTicksMax: number }) {
    this.#clock = clock;
    this.#tickMs = options.tickMs;
    this.#gapTicksMax = options.gapTicksMax;
  }

  /** `lateMs`: how much later than asked for the timer rang: so long was the loop busy. */
  start(tick: (count: number, lateMs: number) => void): void {
    this.#lastMs = this.#clock.monotonicMs();
    let rangMs = this.#lastMs;
    this.#cancel = this.#clock.every(this.#tickMs, () => {
      const nowMs = this.#clock.monotonicMs();
      const lateMs = Math.max(0, nowMs - rangMs - this.#tickMs);
      rangMs = nowMs;
      const count = this.#due();
      if (count > 0) tick(count, lateMs);
    });
  }

  #due(): number {
    const nowMs = this.#clock.monotonicMs();
    const count = Math.floor((nowMs - this.#lastMs) / this.#tickMs);
    if (count > this.#gapTicksMax) {
      this.#lastMs = nowMs;
      return 1;
    }
    this.#lastMs += count * this.#tickMs;
    return count;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
