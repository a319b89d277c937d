/**
 * Clocks of this thread that can be set wrong: `Date` and `performance.now`. Timers ring as ever,
 * as they do on a machine whose clock is set or whose quartz is off by a little.
 */

export class Clocks {
  readonly #RealDate = Date;
  readonly #realNow = performance.now.bind(performance);
  readonly #wallMinusMonotonicMs = Date.now() - performance.now();
  #offsetMs = 0;
  #rate = 1;
  /** Where the present rate began: real and shown. */
  #since = { realMs: 0, shownMs: 0 };

  /** From now on all code of this thread sees these clocks. */
  install(): void {
    const wallNow = () => this.wallMs();
    performance.now = () => this.monotonicMs();
    globalThis.Date = new Proxy(this.#RealDate, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [wallNow()] : args, newTarget),
      apply: (target) => new target(wallNow()).toString(),
      get: (target, name) => (name === 'now' ? wallNow : Reflect.get(target, name)),
    });
  }

  /** The monotonic clock never goes back, whatever its rate becomes. */
  set(offsetMs: number, rate: number): void {
    this.#offsetMs = offsetMs;
    if (rate === this.#rate) return;
    this.#since = { realMs: this.#realNow(), shownMs: this.monotonicMs() };
    this.#rate = rate;
  }

  monotonicMs(): number {
    const { realMs, shownMs } = this.#since;
    return shownMs + (this.#realNow() - realMs) * this.#rate;
  }

  /** What a drift has added is gone when it ends, as when a time server sets the clock. */
  wallMs(): number {
    const driftMs = (this.#realNow() - this.#since.realMs) * (this.#rate - 1);
    return Math.round(this.trueWallMs() + this.#offsetMs + driftMs);
  }

  trueMonotonicMs(): number {
    return this.#realNow();
  }

  trueWallMs(): number {
    return this.#wallMinusMonotonicMs + this.#realNow();
  }

  /** A busy loop, by the true clock. */
  stall(durationMs: number): void {
    const endMs = this.#realNow() + durationMs;
    while (this.#realNow() < endMs);
  }
}
