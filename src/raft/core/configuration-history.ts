/**
 * The configurations along one replica's log: the one as of the mark, and every one after it.
 *
 * A configuration is in force where its entry is applied, so three different ones can matter at
 * a time: the one in force, one that is committed and not applied yet, and one that may still be
 * truncated. None of these questions scans the log (E11).
 */
import { invariant } from './invariant.js';
import type { Configuration, ConfigurationAt, Index } from './types.js';

export class ConfigurationHistory {
  /** As of the mark, and of every index below the first of `#later`. */
  #base: Configuration;
  #later: ConfigurationAt[];

  constructor(base: Configuration, later: readonly ConfigurationAt[]) {
    this.#base = base;
    this.#later = [...later];
  }

  /** As of `index`, which is not below the mark. */
  at(index: Index): Configuration {
    let found = this.#base;
    for (const later of this.#later) {
      if (later.index > index) break;
      found = later.configuration;
    }
    return found;
  }

  /** True when one of the entries after `after`, up to `last`, is a configuration. */
  someIn(range: { after: Index; last: Index }): boolean {
    return this.#later.some(({ index }) => index > range.after && index <= range.last);
  }

  push(index: Index, configuration: Configuration): void {
    const last = this.#later[this.#later.length - 1];
    invariant(last === undefined || last.index < index, 'configurations are appended in order');
    this.#later.push({ index, configuration });
  }

  /** Everything from `from` on goes with its entries. */
  truncate(from: Index): void {
    this.#later = this.#later.filter(({ index }) => index < from);
  }

  /** The log begins behind this one, a snapshot's: what was known before counts no more (D5). */
  rebase({ index, configuration }: ConfigurationAt): void {
    this.#base = configuration;
    this.#later = this.#later.filter((later) => later.index > index);
  }
}
