/**
 * What is kept in memory of one group's log: its hard state and mark, the configurations after
 * the mark, and for each entry after it where it lies. The entries themselves stay on the disk.
 * Twelve bytes per entry, in typed arrays, because a follower that is down for a while leaves a
 * hundred thousand of them.
 */
import { invariant } from '../core/invariant.js';
import { TermRuns } from '../core/term-runs.js';
import type {
  Configuration,
  ConfigurationAt,
  GroupId,
  HardState,
  Index,
  LogMark,
  ReplicaId,
  Term,
  TermRun,
} from '../core/types.js';
import type { TableGroup } from './record.js';
import type { GroupBirth } from './types.js';

/** Known to be in the log, but in a segment that is gone: to be compacted or found carried. */
export const NO_SEGMENT = 0;

/** Keeps count of what is alive in each segment. */
export interface SpaceAccount {
  used(segment: number, bytes: number, group: GroupId, index: Index): void;
  freed(segment: number, bytes: number): void;
}

const INITIAL_CAPACITY = 16;

export class GroupLog {
  readonly group: GroupId;
  readonly replica: ReplicaId;
  readonly #space: SpaceAccount;
  #hardState: HardState;
  #mark: LogMark;
  #terms = new TermRuns([]);
  #configurations: ConfigurationAt[] = [];
  /** The entry `mark.index + 1` is at `#head`. */
  #head = 0;
  #count = 0;
  #segments: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #offsets: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #sizes: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #tailBytes = 0;

  constructor(birth: GroupBirth, space: SpaceAccount) {
    this.group = birth.group;
    this.replica = birth.replica;
    this.#hardState = birth.hardState;
    this.#mark = birth.mark;
    this.#space = space;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get mark(): LogMark {
    return this.#mark;
  }

  get lastIndex(): Index {
    return this.#mark.index + this.#count;
  }

  get terms(): readonly TermRun[] {
    return this.#count === 0 ? [] : this.#terms.runs;
  }

  /** Of the entries after the mark, ascending. */
  get configurations(): readonly ConfigurationAt[] {
    return this.#configurations;
  }

  /** Bytes of data in the entries after the mark. */
  get tailBytes(): number {
    return this.#tailBytes;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** From the table at the start of the oldest segment: entries whose places are not known yet. */
  expectEntries(table: TableGroup): void {
    invariant(this.#count === 0, 'a table describes a group only once');
    const count = table.lastIndex - this.#mark.index;
    this.#reserve(count);
    this.#segments.fill(NO_SEGMENT, 0, count);
    this.#sizes.fill(0, 0, count);
    this.#count = count;
    this.#terms = new TermRuns(table.terms);
  }

  /** The term of an entry after the mark, or of the mark; undefined outside the log. */
  termAt(index: Index): Term | undefined {
    if (index === this.#mark.index) return this.#mark.term;
    return this.has(index) ? this.#terms.at(index) : undefined;
  }

  /** True when the mark or an entry after it has this index and term. */
  holds(index: Index, term: Term): boolean {
    return this.termAt(index) === term;
  }

  has(index: Index): boolean {
    return index > this.#mark.index && index <= this.lastIndex;
  }

  segmentOf(index: Index): number {
    return this.#segments[this.#slot(index)] ?? NO_SEGMENT;
  }

  offsetOf(index: Index): number {
    return this.#offsets[this.#slot(index)] ?? 0;
  }

  bytesOf(index: Index): number {
    return this.#sizes[this.#slot(index)] ?? 0;
  }

  /**
   * Appends at `index` and discards what stood there and above. An index at or below the mark is
   * not kept, but what it discards is discarded: truncation is a property of the record (C13).
   */
  append(index: Index, term: Term, segment: number, offset: number, bytes: number): void {
    if (index <= this.lastIndex) this.#truncate(index);
    if (index <= this.#mark.index) return;
    invariant(index === this.lastIndex + 1, `entry ${index} leaves a gap after ${this.lastIndex}`);
    this.#reserve(this.#count + 1);
    const slot = this.#head + this.#count;
    this.#segments[slot] = segment;
    this.#offsets[slot] = offset;
    this.#sizes[slot] = bytes;
    this.#count++;
    this.#tailBytes += bytes;
    this.#terms.push(index, term);
    this.#space.used(segment, bytes, this.group, index);
  }

  /** A carried copy takes the original's place, when that is still the live entry. */
  relocate(index: Index, term: Term, segment: number, offset: number, bytes: number): void {
    if (!this.has(index) || !this.holds(index, term)) return;
    const slot = this.#slot(index);
    this.#free(slot);
    this.#segments[slot] = segment;
    this.#offsets[slot] = offset;
    this.#sizes[slot] = bytes;
    this.#tailBytes += bytes;
    this.#space.used(segment, bytes, this.group, index);
  }

  /** What the entry at `index` carries, when it is kept; told each time the entry is met. */
  configure(index: Index, term: Term, configuration: Configuration): void {
    if (!this.has(index) || !this.holds(index, term)) return;
    const after = this.#configurations.filter((known) => known.index > index);
    this.#forgetConfigurations(index);
    this.#configurations.push({ index, configuration }, ...after);
  }

  /** Forgets what is up to the mark. A mark that was passed already changes nothing. */
  compact(mark: LogMark): void {
    if (mark.index <= this.#mark.index) return;
    invariant(this.holds(mark.index, mark.term), 'a log is compacted at an entry that it holds');
    this.#startAfter(mark);
  }

  /**
   * A snapshot takes the place of what is up to the mark. What follows stays when the log holds
   * the mark (D1); else it belongs to another history and goes as well (D2, C13).
   */
  restore(mark: LogMark): void {
    if (mark.index <= this.#mark.index) return;
    if (!this.holds(mark.index, mark.term)) this.#truncate(this.#mark.index + 1);
    this.#startAfter(mark);
  }

  #startAfter(mark: LogMark): void {
    const removed = Math.min(mark.index - this.#mark.index, this.#count);
    for (let i = 0; i < removed; i++) this.#free(this.#head + i);
    this.#terms.compact(mark.index);
    this.#configurations = this.#configurations.filter(({ index }) => index > mark.index);
    this.#head += removed;
    this.#count -= removed;
    this.#mark = mark;
    if (this.#count === 0) this.#shrink();
  }

  /** The group is removed: nothing of it is alive any more. */
  clear(): void {
    this.#truncate(this.#mark.index + 1);
    this.#shrink();
  }

  /** The first entry that is nowhere, or undefined when the log is complete. */
  firstMissing(): Index | undefined {
    const end = this.#head + this.#count;
    const slot = this.#segments.subarray(this.#head, end).indexOf(NO_SEGMENT);
    return slot === -1 ? undefined : this.#mark.index + 1 + slot;
  }

  describe(): TableGroup {
    return {
      group: this.group,
      replica: this.replica,
      hardState: this.#hardState,
      mark: this.#mark,
      lastIndex: this.lastIndex,
      terms: [...this.terms],
    };
  }

  #truncate(from: Index): void {
    const keep = Math.max(0, from - this.#mark.index - 1);
    for (let i = keep; i < this.#count; i++) this.#free(this.#head + i);
    this.#count = keep;
    this.#terms.truncate(this.#mark.index + 1 + keep);
    this.#forgetConfigurations(this.#mark.index + 1 + keep);
  }

  /** Those of the entries at `from` and above. */
  #forgetConfigurations(from: Index): void {
    while ((this.#configurations.at(-1)?.index ?? -1) >= from) this.#configurations.pop();
  }

  #free(slot: number): void {
    const bytes = this.#sizes[slot] ?? 0;
    this.#tailBytes -= bytes;
    const segment = this.#segments[slot] ?? NO_SEGMENT;
    if (segment !== NO_SEGMENT) this.#space.freed(segment, bytes);
  }

  #slot(index: Index): number {
    invariant(this.has(index), `entry ${index} of group ${this.group} is not in the log`);
    return this.#head + index - this.#mark.index - 1;
  }

  #reserve(count: number): void {
    const capacity = this.#segments.length;
    if (this.#head + count <= capacity) return;
    // Room at the front is used before more is asked for, unless moving would be all the work.
    const wanted = this.#head > capacity / 2 ? capacity : Math.max(2 * capacity, count);
    this.#segments = moved(this.#segments, this.#head, this.#count, Math.max(wanted, count));
    this.#offsets = moved(this.#offsets, this.#head, this.#count, Math.max(wanted, count));
    this.#sizes = moved(this.#sizes, this.#head, this.#count, Math.max(wanted, count));
    this.#head = 0;
  }

  #shrink(): void {
    this.#head = 0;
    if (this.#segments.length <= 64 * INITIAL_CAPACITY) return;
    this.#segments = new Uint32Array(INITIAL_CAPACITY);
    this.#offsets = new Uint32Array(INITIAL_CAPACITY);
    this.#sizes = new Uint32Array(INITIAL_CAPACITY);
  }
}

function moved(from: Uint32Array, head: number, count: number, capacity: number): Uint32Array {
  const to = new Uint32Array(capacity);
  to.set(from.subarray(head, head + count));
  return to;
}
