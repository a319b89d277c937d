/**
 * A request of this node on its way: waiting in the outbox, handed to the socket, answered.
 *
 * The one question that matters when it fails is whether its bytes may have left. It is decided in
 * one place: `begin`, called when the frame that holds it is written.
 */

import { requestBytesOverhead } from './record-codec.js';
import { RequestError } from './types.js';

export class OutgoingRequest {
  readonly kind = 'request';
  readonly id: number;
  readonly body: Uint8Array;
  readonly bytes: number;
  readonly deadlineMs: number;
  /** Time left at the moment its frame was written. */
  timeoutMs = 0;
  readonly #resolve: (answer: Buffer) => void;
  readonly #reject: (error: RequestError) => void;
  #begun = false;
  #settled = false;

  constructor(options: {
    id: number;
    body: Uint8Array;
    deadlineMs: number;
    resolve: (answer: Buffer) => void;
    reject: (error: RequestError) => void;
  }) {
    this.id = options.id;
    this.body = options.body;
    this.bytes = requestBytesOverhead + options.body.length;
    this.deadlineMs = options.deadlineMs;
    this.#resolve = options.resolve;
    this.#reject = options.reject;
  }

  /** False: it was given up while it waited, or its time is over; leave it out of the frame. */
  begin(nowMs: number): boolean {
    if (this.#settled) return false;
    const leftMs = Math.floor(this.deadlineMs - nowMs);
    if (leftMs <= 0) {
      this.fail('the time ran out');
      return false;
    }
    this.timeoutMs = leftMs;
    this.#begun = true;
    return true;
  }

  get settled(): boolean {
    return this.#settled;
  }

  answer(body: Buffer): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(body);
  }

  /** The receiver says that it did not look at it. */
  refuse(why: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reject(new RequestError('queue-full', why));
  }

  /** The receiver says that it never will: whether its bytes left does not matter then. */
  notLookedAt(why: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reject(new RequestError('not-sent', why));
  }

  /** The link or the time is gone: what that means depends on whether bytes may have left. */
  fail(why: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reject(new RequestError(this.#begun ? 'unknown' : 'not-sent', why));
  }
}
