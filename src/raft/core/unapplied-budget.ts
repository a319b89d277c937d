/**
 * How much entry data is handed to the state machine and not reported as applied yet. Commit and
 * apply are counted apart, so that a slow state machine never makes the log skip entries (C8).
 */
import type { Entry, Index } from './types.js';

export class UnappliedBudget {
  readonly #bytesMax: number;
  #handed: { lastIndex: Index; bytes: number }[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get roomBytes(): number {
    return this.#bytesMax - this.#bytes;
  }

  handed(entries: readonly Entry[]): void {
    let bytes = 0;
    for (const entry of entries) bytes += entry.data.length;
    this.#bytes += bytes;
    this.#handed.push({ lastIndex: entries[entries.length - 1]?.index ?? 0, bytes });
  }

  /** A snapshot has taken the place of whatever was handed out. */
  reset(): void {
    this.#handed = [];
    this.#bytes = 0;
  }

  /** A batch is given back when its last entry is applied. */
  applied(index: Index): void {
    let count = 0;
    for (const batch of this.#handed) {
      if (batch.lastIndex > index) break;
      this.#bytes -= batch.bytes;
      count += 1;
    }
    this.#handed.splice(0, count);
  }
}
