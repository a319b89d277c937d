/**
 * Messages made since the last drain, in two lists. The division is the safety rule itself:
 * what asserts something about this replica's log, term or vote waits for the disk (R4, R6), the
 * rest may leave at once (R5). There is no third way to send.
 */
import type { Message } from './types.js';

export class Outbox {
  #now: Message[] = [];
  #afterDurable: Message[] = [];

  /** Appends, heartbeats and their answers, pre-votes, read rounds, TimeoutNow. */
  sendNow(message: Message): void {
    this.#now.push(message);
  }

  /** Votes asked and given, append answers: refusals too, they speak of the same state. */
  sendWhenDurable(message: Message): void {
    this.#afterDurable.push(message);
  }

  take(): { now: Message[]; afterDurable: Message[] } {
    const taken = { now: this.#now, afterDurable: this.#afterDurable };
    this.#now = [];
    this.#afterDurable = [];
    return taken;
  }
}
