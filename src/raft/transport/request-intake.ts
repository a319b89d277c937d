/**
 * The requests of one peer that this node works on, bounded in number and bytes. What is over the
 * bound is refused before anybody looked at it, and the sender is told exactly that.
 */
import { InvariantViolation } from '../core/invariant.js';
import type { NodeId } from '../core/types.js';
import type { TransportLimits } from './limits.js';
import type { Link } from './link.js';
import type { TransportLogger } from './logger.js';
import { FailureCode, type RequestRecord } from './record-codec.js';
import type { TransportHandler } from './types.js';

export class RequestIntake {
  readonly #limits: TransportLimits;
  readonly #logger: TransportLogger;
  readonly #from: NodeId;
  #count = 0;
  #bytes = 0;

  constructor(options: { from: NodeId; limits: TransportLimits; logger: TransportLogger }) {
    this.#from = options.from;
    this.#limits = options.limits;
    this.#logger = options.logger;
  }

  take(link: Link, request: RequestRecord, handler: TransportHandler): void {
    const { requestsInProgressMax, requestBytesInProgressMax } = this.#limits;
    const bytes = request.body.length;
    if (
      // An answer that is not yet with the socket still takes its place.
      this.#count + link.queuedAnswers >= requestsInProgressMax ||
      this.#bytes + bytes > requestBytesInProgressMax
    ) {
      link.answer(request.id, FailureCode.overloaded);
      return;
    }
    this.#count++;
    this.#bytes += bytes;
    void this.#serve(link, request, handler);
  }

  async #serve(link: Link, request: RequestRecord, handler: TransportHandler): Promise<void> {
    let result: Uint8Array | FailureCode;
    try {
      const { body } = request;
      // No sender of ours asks for more; beyond 2^31 ms a timer would ring at once.
      const timeoutMs = Math.min(request.timeoutMs, this.#limits.requestTimeoutMsMax);
      result = await handler.onRequest({ from: this.#from, body, timeoutMs });
    } catch (error) {
      if (error instanceof InvariantViolation) throw error;
      this.#logger.warn({ peer: this.#from, err: error }, 'request of a peer failed');
      result = FailureCode.lost;
    }
    this.#count--;
    this.#bytes -= request.body.length;
    link.answer(request.id, result);
  }
}
