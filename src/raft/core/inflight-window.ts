/**
 * The appends sent to one follower and not yet acknowledged: bounded in messages and in bytes.
 *
 * The byte limit is soft by one message: a message is let through while the window is below its
 * limit, so that an entry larger than the limit can be sent at all.
 */
import { invariant } from './invariant.js';
import type { Index } from './types.js';

interface InflightMessage {
  readonly lastIndex: Index;
  readonly bytes: number;
}

export class InflightWindow {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  #messages: InflightMessage[] = [];
  #bytes = 0;

  constructor(limits: { messagesMax: number; bytesMax: number }) {
    this.#messagesMax = limits.messagesMax;
    this.#bytesMax = limits.bytesMax;
  }

  get full(): boolean {
    return this.#messages.length >= this.#messagesMax || this.#bytes >= this.#bytesMax;
  }

  get length(): number {
    return this.#messages.length;
  }

  add(lastIndex: Index, bytes: number): void {
    const newest = this.#messages[this.#messages.length - 1];
    invariant(newest === undefined || newest.lastIndex < lastIndex, 'appends go upwards');
    this.#messages.push({ lastIndex, bytes });
    this.#bytes += bytes;
  }

  freeUpTo(index: Index): void {
    let freed = 0;
    for (const message of this.#messages) {
      if (message.lastIndex > index) break;
      this.#bytes -= message.bytes;
      freed += 1;
    }
    if (freed > 0) this.#messages.splice(0, freed);
  }

  /** Bytes too: a counter that outlives its messages stalls the stream (B12). */
  reset(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}
