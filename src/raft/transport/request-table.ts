/**
 * The requests of this node on one stream that wait for an answer, with one timer for all of them.
 *
 * The timer stands at the earliest deadline at the time it was set. Under load that request was
 * answered long before it rings, so the ring costs one pass over what is open every few seconds
 * instead of a timer per request.
 */
import type { Clock } from '../clock.js';
import type { OutgoingRequest } from './outgoing-request.js';
import { type AnswerRecord, FailureCode } from './record-codec.js';

export class RequestTable {
  readonly #clock: Clock;
  readonly #open = new Map<number, OutgoingRequest>();
  #nextId = 1;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  takeId(): number {
    return this.#nextId++;
  }

  add(request: OutgoingRequest, nowMs: number): void {
    this.#open.set(request.id, request);
    if (request.deadlineMs < this.#timerAtMs) this.#setTimer(request.deadlineMs, nowMs);
  }

  /** False: nobody waits for this answer any more. */
  settle(answer: AnswerRecord): boolean {
    const request = this.#open.get(answer.id);
    if (request === undefined) return false;
    this.#open.delete(answer.id);
    if (typeof answer.result !== 'number') request.answer(answer.result);
    else if (answer.result === FailureCode.overloaded) {
      request.refuse('the receiving node has too many requests in progress');
    } else request.fail('the receiving node lost the request');
    return true;
  }

  /** The receiver is leaving and looks at none after this one. */
  refuseAfter(lastId: number, why: string): void {
    for (const [id, request] of this.#open) {
      if (id <= lastId) continue;
      this.#open.delete(id);
      request.notLookedAt(why);
    }
  }

  failAll(why: string): void {
    this.#cancelTimer?.();
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const request of open) request.fail(why);
  }

  #setTimer(atMs: number, nowMs: number): void {
    this.#cancelTimer?.();
    this.#timerAtMs = atMs;
    // At least a millisecond: timers may ring a little early, and must not spin then.
    this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(atMs - nowMs)), this.#expire);
  }

  readonly #expire = (): void => {
    const nowMs = this.#clock.monotonicMs();
    let earliestMs = Number.POSITIVE_INFINITY;
    this.#cancelTimer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    for (const request of this.#open.values()) {
      if (request.deadlineMs <= nowMs) {
        this.#open.delete(request.id);
        request.fail('the time ran out before the answer came');
      } else if (request.deadlineMs < earliestMs) earliestMs = request.deadlineMs;
    }
    if (earliestMs < Number.POSITIVE_INFINITY) this.#setTimer(earliestMs, nowMs);
  };
}
