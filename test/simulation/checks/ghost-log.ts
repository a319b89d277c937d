/**
 * One replica's log as its node's log must know it after a list of writes: what `src/raft/wal`
 * promises, in a form too simple to be wrong. Terms and marks only; contents are compared
 * elsewhere, once per (index, term).
 */
import type {
  Configuration,
  ConfigurationAt,
  Entry,
  HardState,
  Index,
  LogMark,
  ReplicaId,
  Term,
} from '../../../src/raft/core/types.js';
import type { GroupBirth, GroupWrite, RecoveredGroup } from '../../../src/raft/wal/types.js';
import { configurationOf } from './configurations.js';

export class GhostLog {
  readonly replica: ReplicaId;
  #hardState: HardState;
  #mark: LogMark;
  /** Of the entries after the mark. */
  #terms: Term[] = [];
  #configurations: ConfigurationAt[] = [];

  constructor(birth: GroupBirth) {
    this.replica = birth.replica;
    this.#hardState = birth.hardState;
    this.#mark = birth.mark;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get mark(): LogMark {
    return this.#mark;
  }

  get lastIndex(): Index {
    return this.#mark.index + this.#terms.length;
  }

  /** Configuration entries after the mark. */
  get configurations(): readonly ConfigurationAt[] {
    return this.#configurations;
  }

  /** The newest configuration in the log at or below `index`. */
  configurationAt(index: Index): Configuration {
    const known = this.#configurations.findLast((entry) => entry.index <= index);
    return known?.configuration ?? this.#mark.configuration;
  }

  /** Of an entry after the mark, or of the mark. */
  termAt(index: Index): Term | undefined {
    if (index === this.#mark.index) return this.#mark.term;
    return this.#terms[index - this.#mark.index - 1];
  }

  /** True when the entry is here, or in what a snapshot or the state has taken over. */
  holds(index: Index, term: Term): boolean {
    return index < this.#mark.index || this.termAt(index) === term;
  }

  apply({ snapshot, entries, hardState, compact }: GroupWrite): void {
    if (snapshot !== undefined) this.#passTo(snapshot);
    for (const entry of entries) this.#append(entry);
    if (hardState !== undefined) this.#hardState = hardState;
    if (compact !== undefined) this.#passTo(compact);
  }

  #append(entry: Entry): void {
    const { index, term, kind } = entry;
    if (index <= this.lastIndex) this.#truncate(index);
    if (index <= this.#mark.index) return;
    this.#terms.push(term);
    const configuration = kind === 2 ? configurationOf(entry) : undefined;
    if (configuration !== undefined) this.#configurations.push({ index, configuration });
  }

  #truncate(from: Index): void {
    this.#terms.length = Math.max(0, from - this.#mark.index - 1);
    while ((this.#configurations.at(-1)?.index ?? 0) >= from) this.#configurations.pop();
  }

  /** What the mark agrees with stays behind it, anything else goes as a whole. */
  #passTo(mark: LogMark): void {
    if (mark.index <= this.#mark.index) return;
    const agrees = this.termAt(mark.index) === mark.term;
    this.#terms = agrees ? this.#terms.slice(mark.index - this.#mark.index) : [];
    this.#configurations = agrees
      ? this.#configurations.filter(({ index }) => index > mark.index)
      : [];
    this.#mark = mark;
  }

  copy(): GhostLog {
    const { replica, hardState, mark } = this;
    const copy = new GhostLog({ group: 0, replica, hardState, mark });
    copy.#terms = [...this.#terms];
    copy.#configurations = [...this.#configurations];
    return copy;
  }

  /** What recovery found and this log does not say, in words. */
  difference(found: RecoveredGroup): string | undefined {
    const own = JSON.stringify([this.replica, this.#hardState, markOf(this.#mark)]);
    const theirs = JSON.stringify([found.replica, found.hardState, markOf(found.mark)]);
    if (own !== theirs) return `replica, hard state and mark ${theirs} instead of ${own}`;
    if (found.lastIndex !== this.lastIndex) {
      return `a log that ends at ${found.lastIndex} instead of ${this.lastIndex}`;
    }
    for (let at = 0, run = -1; at < this.#terms.length; at += 1) {
      const index = this.#mark.index + 1 + at;
      if ((found.terms[run + 1]?.from ?? Number.POSITIVE_INFINITY) <= index) run += 1;
      const term = found.terms[run]?.term;
      if (term !== this.#terms[at])
        return `${index}/${term} instead of ${index}/${this.#terms[at]}`;
    }
    return undefined;
  }
}

function markOf({ index, term, configuration }: LogMark): unknown {
  return [index, term, configuration];
}
