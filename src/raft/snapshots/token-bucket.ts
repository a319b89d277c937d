/**
 * Bytes per second, shared by whoever asks: each takes what it needs at once and waits as long as
 * that takes to flow in. First come, first served; a burst of one second is free.
 */
import type { Clock } from '../clock.js';

export class TokenBucket {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  /** May be negative: what is taken already and flows in later. */
  #bytes: number;
  #filledMs: number;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#bytes = bytesPerSecond;
    this.#filledMs = clock.monotonicMs();
  }

  /**
   * Takes the bytes and returns for how long to wait before using them. When it would take longer
   * than `queueMsMax` until the first of them flows in, nothing is taken and the answer is
   * undefined: whoever asks in vain again and again must not use up what flows. How many are asked
   * for does not matter, or small requests would always get ahead of large ones.
   */
  take(bytes: number, queueMsMax: number): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const flowed = ((nowMs - this.#filledMs) / 1_000) * this.#bytesPerSecond;
    this.#filledMs = nowMs;
    this.#bytes = Math.min(this.#bytesPerSecond, this.#bytes + flowed);
    if (-this.#bytes > (queueMsMax / 1_000) * this.#bytesPerSecond) return undefined;
    this.#bytes -= bytes;
    return this.#bytes >= 0 ? 0 : (-this.#bytes / this.#bytesPerSecond) * 1_000;
  }
}
