/**
 * What is known of every key: what was acknowledged last, and what may have happened besides. From
 * it follows what a read may show at the end.
 */
import { type Input, keyInWords } from './inputs.js';

export interface Acknowledged {
  /** The input whose content the key holds. */
  readonly source: Input;
  readonly revision: number;
  readonly shard: number;
}

export class Entry {
  readonly input: Input;
  acknowledged: Acknowledged | undefined;
  /** Contents of writes that ended `unknown`: they may appear later. */
  readonly unknown: Input[] = [];

  constructor(input: Input) {
    this.input = input;
  }
}

export class Ledger {
  readonly entries: readonly Entry[];
  /** What must never be seen, in words. */
  readonly mismatches: string[] = [];
  readonly #keyOfRevision = new Map<string, Buffer>();

  constructor(inputs: readonly Input[]) {
    this.entries = inputs.map((input) => new Entry(input));
  }

  mismatch(entry: Entry, what: string): void {
    this.mismatches.push(`${keyInWords(entry.input.key)}: ${what}`);
  }

  /** An answer that says: this revision wrote the key. */
  acknowledge(entry: Entry, now: Acknowledged): void {
    const { acknowledged: last } = entry;
    if (last !== undefined && now.revision <= last.revision) {
      this.mismatch(entry, `revision ${now.revision} was acknowledged after ${last.revision}`);
    }
    if (last !== undefined && now.shard !== last.shard) {
      this.mismatch(entry, `shard ${now.shard} answers, it was ${last.shard}`);
    }
    const revision = `${now.shard} ${now.revision}`;
    const other = this.#keyOfRevision.get(revision);
    if (other !== undefined) {
      this.mismatch(entry, `has revision ${revision} of ${keyInWords(other)}`);
    }
    this.#keyOfRevision.set(revision, entry.input.key);
    entry.acknowledged = now;
  }
}
