/**
 * Requests that wait for the service: counted against a limit, and swept a few times a second for
 * those the service has left beyond their time. One sweep is cheaper than a timer per request.
 */
export interface Waiting {
  /** On the clock of `now`; past this the request is answered here. */
  readonly overdueMs: number;
  expire(): void;
}

const sweepMs = 200;

export class InFlight {
  readonly limit: number;
  readonly #now: () => number;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.#now = now;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#waiting.size >= this.limit;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
  }

  /** Tells whether it was still waiting: the one who gets `true` answers. */
  remove(waiting: Waiting): boolean {
    return this.#waiting.delete(waiting);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sweep(), sweepMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  sweep(): void {
    const now = this.#now();
    for (const waiting of this.#waiting) {
      if (waiting.overdueMs <= now) waiting.expire();
    }
  }
}
