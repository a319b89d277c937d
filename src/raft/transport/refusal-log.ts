/**
 * Logs what goes wrong at the peer port once per change, not once per attempt: a misconfigured
 * peer dials about once a second for ever. The memory is bounded, because who dials is not.
 */
import type { TransportLogger } from './logger.js';

const keysMax = 128;

export class RefusalLog {
  readonly #logger: TransportLogger;
  readonly #last = new Map<string, string>();

  constructor(logger: TransportLogger) {
    this.#logger = logger;
  }

  warn(key: string, fields: { readonly reason: string } & object, message: string): void {
    if (this.#last.get(key) === fields.reason) {
      this.#logger.debug(fields, message);
      return;
    }
    if (this.#last.size >= keysMax) this.#forgetOldest();
    this.#last.delete(key);
    this.#last.set(key, fields.reason);
    this.#logger.warn(fields, message);
  }

  /** All is well again; the next trouble is news. */
  clear(key: string): void {
    this.#last.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#last.keys()) {
      this.#last.delete(key);
      return;
    }
  }
}
