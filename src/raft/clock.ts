/**
 * Time as the layers above the core see it, so that a simulator can own it.
 *
 * `monotonicMs` is for measuring and deadlines and never goes back; `wallMs` is Unix time and may
 * jump. Timers hand back a function that cancels them.
 */
export interface Clock {
  monotonicMs(): number;
  wallMs(): number;
  after(delayMs: number, run: () => void): () => void;
  every(periodMs: number, run: () => void): () => void;
  /** Runs once after the input of this event-loop pass has been collected. */
  soon(run: () => void): void;
}

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    return () => clearInterval(timer);
  },
  soon(run) {
    setImmediate(run);
  },
};
