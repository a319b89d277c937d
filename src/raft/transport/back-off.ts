/**
 * How long to wait before dialling again: doubling from attempt to attempt, with half of it drawn
 * at random so that nodes that lost each other at one moment do not come back at one moment.
 */
export class BackOff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(options: { minMs: number; maxMs: number; random: () => number }) {
    this.#minMs = options.minMs;
    this.#maxMs = options.maxMs;
    this.#random = options.random;
    this.#nextMs = options.minMs;
  }

  /** Between half of the current step and all of it, never below `minMs`. */
  nextMs(): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, stepMs * 2);
    return Math.max(this.#minMs, stepMs / 2 + (stepMs / 2) * this.#random());
  }

  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
