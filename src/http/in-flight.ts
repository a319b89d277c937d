/**
 * Requests that wait for the service: counted against a limit, and swept a few times a second for
 * those the service has left beyond their time. One sweep is cheaper than a timer per request.
 */
import { invariant } from '../raft/core/invariant.js';

export interface Waiting {
  /** On the clock of `now`; past this the request is answered here. */
  readonly overdueMs: number;
  /** Its place; kept by `InFlight`, -1 while it has none. */
  place: number;
  expire(): void;
}

const sweepMs = 200;

export class InFlight {
  readonly limit: number;
  readonly #now: () => number;
  /** Dense: who leaves is replaced by the last one. Cheaper than a Set on this path. */
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.#now = now;
  }

  get size(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#waiting.length >= this.limit;
  }

  add(waiting: Waiting): void {
    invariant(waiting.place === -1, 'a request waits once');
    waiting.place = this.#waiting.length;
    this.#waiting.push(waiting);
  }

  /** Tells whether it was still waiting: the one who gets `true` answers. */
  remove(waiting: Waiting): boolean {
    const { place } = waiting;
    if (place === -1) return false;
    waiting.place = -1;
    const last = this.#waiting.pop();
    if (last !== undefined && last !== waiting) {
      last.place = place;
      this.#waiting[place] = last;
    }
    return true;
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
    for (const waiting of [...this.#waiting]) {
      if (waiting.overdueMs <= now) waiting.expire();
    }
  }
}
