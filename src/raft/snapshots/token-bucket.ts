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

  /** Takes the bytes and returns for how long to wait before using them. */
  take(bytes: number): number {
    const nowMs = this.#clock.monotonicMs();
    const flowed = ((nowMs - this.#filledMs) / 1_000) * this.#bytesPerSecond;
    this.#filledMs = nowMs;
    this.#bytes = Math.min(this.#bytesPerSecond, this.#bytes + flowed) - bytes;
    return this.#bytes >= 0 ? 0 : (-this.#bytes / this.#bytesPerSecond) * 1_000;
  }
}
