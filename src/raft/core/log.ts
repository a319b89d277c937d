/**
 * One replica's log as the core sees it: what is durable and compacted away, what is durable,
 * and what is still on its way to the disk.
 *
 *   mark          firstIndex ... durable ........ last
 *   compacted     readable from disk | only here
 *                      applied <= handed <= min(commit, durable)
 *
 * A snapshot moves the mark to an entry that need not be in the log. Until its state is
 * installed, applied stays behind the mark and nothing is handed out.
 *
 * Terms of the whole log are kept as runs (a handful of numbers); entries only in a window of
 * recent ones. Whatever is not durable or not yet handed to apply is always in the window; older
 * entries are read back through the LogReader, which happens for followers that lag.
 */
import { decodeConfiguration } from './configuration-codec.js';
import { ConfigurationHistory } from './configuration-history.js';
import { ImpossibleInput } from './impossible-input.js';
import { invariant } from './invariant.js';
import { checkStart, type LogStart } from './log-start.js';
import { TermRuns } from './term-runs.js';
import {
  type Configuration,
  type Entry,
  type EntryId,
  EntryKind,
  type Index,
  type LogMark,
  type LogReader,
  type Term,
} from './types.js';

export class RaftLog {
  readonly configurations: ConfigurationHistory;
  readonly #reader: LogReader;
  readonly #windowBytesMax: number;
  readonly #terms: TermRuns;
  /** Entries from `#windowFirst` to the last one. */
  #window: Entry[] = [];
  #windowFirst: Index;
  #windowBytes = 0;
  #mark: EntryId;
  /** The mark is that of a snapshot which no append has carried to the disk yet. */
  #unwrittenMark: LogMark | undefined;
  #installing: boolean;
  #lastIndex: Index;
  #durable: Index;
  /** First index that no drain has carried to the disk yet. */
  #unwritten: Index;
  /** What appends that are under way will have made durable; lowered by every truncation. */
  #underWay: { token: number; lastIndex: Index }[] = [];
  #commit: Index;
  #handed: Index;
  #applied: Index;

  constructor(start: LogStart) {
    checkStart(start);
    this.#reader = start.reader;
    this.#windowBytesMax = start.windowBytesMax;
    this.#mark = { index: start.mark.index, term: start.mark.term };
    this.#terms = new TermRuns(start.terms);
    this.configurations = new ConfigurationHistory(start.mark.configuration, start.configurations);
    this.#lastIndex = start.lastIndex;
    this.#durable = start.lastIndex;
    this.#unwritten = start.lastIndex + 1;
    this.#windowFirst = start.lastIndex + 1;
    // After a power cut the state may be ahead of the last durable commit index or behind it
    // (R11); what is applied was committed.
    this.#commit = Math.max(start.commit, start.applied, start.mark.index);
    this.#installing = start.installing;
    this.#handed = start.applied;
    this.#applied = start.applied;
  }

  /** The last entry that is compacted away. */
  get mark(): EntryId {
    return this.#mark;
  }
  get firstIndex(): Index {
    return this.#mark.index + 1;
  }
  get lastIndex(): Index {
    return this.#lastIndex;
  }
  get durableIndex(): Index {
    return this.#durable;
  }
  get commit(): Index {
    return this.#commit;
  }
  get applied(): Index {
    return this.#applied;
  }
  /** The state machine is being replaced: it is at no index at all. */
  get installing(): boolean {
    return this.#installing;
  }
  /** The last one applied; a snapshot's counts from the moment that the log begins with it. */
  get configurationInForce(): Configuration {
    return this.configurations.at(Math.max(this.#applied, this.#mark.index));
  }
  /** A configuration is committed and not in force here yet (E2). */
  get configurationUnapplied(): boolean {
    return this.configurations.someIn({ after: this.#applied, last: this.#commit });
  }
  get last(): EntryId {
    return { index: this.#lastIndex, term: this.#knownTerm(this.#lastIndex) };
  }

  /** Undefined for what is compacted away or beyond the end. */
  term(index: Index): Term | undefined {
    if (index === this.#mark.index) return this.#mark.term;
    if (index < this.#mark.index || index > this.#lastIndex) return undefined;
    return this.#terms.at(index);
  }

  #knownTerm(index: Index): Term {
    const term = this.term(index);
    invariant(term !== undefined, 'the term of a kept entry is known');
    return term;
  }

  matches(id: EntryId): boolean {
    return this.term(id.index) === id.term;
  }

  /** Section 5.4.1: the later term wins, then the longer log; never one by one (A12). */
  isUpToDate(candidate: EntryId): boolean {
    const own = this.last;
    return (
      candidate.term > own.term || (candidate.term === own.term && candidate.index >= own.index)
    );
  }

  /** One more entry, directly after the last one. */
  append(entry: Entry): void {
    invariant(entry.index === this.#lastIndex + 1, 'entries are appended without gaps');
    invariant(entry.term >= this.#knownTerm(this.#lastIndex), 'terms never fall along the log');
    this.#window.push(entry);
    this.#windowBytes += entry.data.length;
    this.#terms.push(entry.index, entry.term);
    this.#lastIndex = entry.index;
    if (entry.kind === EntryKind.configuration) this.#appendConfiguration(entry);
  }

  #appendConfiguration(entry: Entry): void {
    const configuration = decodeConfiguration(entry.data);
    if (configuration === undefined) {
      throw new ImpossibleInput(`entry ${entry.index}/${entry.term} holds no configuration`);
    }
    this.configurations.push(entry.index, configuration);
  }

  /**
   * Section 5.3, receiver steps 2 to 4: false when `previous` is not in this log. Entries that
   * are already here are skipped and only a real conflict truncates, so that an old, reordered
   * or repeated append never discards what was acknowledged since (R2, B1, B2).
   */
  acceptFrom(previous: EntryId, entries: readonly Entry[]): boolean {
    if (!this.matches(previous)) return false;
    let conflict = 0;
    for (const entry of entries) {
      if (!this.matches(entry)) break;
      conflict += 1;
    }
    const first = entries[conflict];
    if (first === undefined) return true;
    if (first.index <= this.#commit) {
      throw new ImpossibleInput(
        `a leader of term ${first.term} sent another entry for committed index ${first.index}`,
      );
    }
    if (first.index <= this.#lastIndex) this.#truncate(first.index);
    for (let i = conflict; i < entries.length; i += 1) {
      const entry = entries[i];
      invariant(entry !== undefined, 'the loop stays inside the array');
      this.append(entry);
    }
    return true;
  }

  /** Everything from `from` on goes; what appends under way will prove shrinks with it (B13). */
  #truncate(from: Index): void {
    invariant(from > this.#commit, 'committed entries are never truncated');
    const keep = Math.max(from - this.#windowFirst, 0);
    for (let i = keep; i < this.#window.length; i += 1) {
      this.#windowBytes -= this.#window[i]?.data.length ?? 0;
    }
    this.#window.length = Math.min(this.#window.length, keep);
    this.#windowFirst = Math.min(this.#windowFirst, from);
    this.#terms.truncate(from);
    this.configurations.truncate(from);
    this.#lastIndex = from - 1;
    this.#durable = Math.min(this.#durable, from - 1);
    this.#unwritten = Math.min(this.#unwritten, from);
    for (const append of this.#underWay) append.lastIndex = Math.min(append.lastIndex, from - 1);
  }

  /**
   * The greatest index at or below `index` whose term is at most `term`: where two logs may
   * agree, skipping whole terms on both sides (section 5.3, the accelerated backtracking).
   */
  lastPossibleMatch(index: Index, term: Term): EntryId {
    let at = Math.min(index, this.#lastIndex);
    while (at > this.#mark.index) {
      const own = this.#knownTerm(at);
      if (own <= term) return { index: at, term: own };
      at = this.#terms.runStart(at) - 1;
    }
    // At or below the mark the term may be unknown, which is a possible match (B9).
    return { index: at, term: this.term(at) ?? 0 };
  }

  /** Entries from `from` on, at least one, then as many as fit; `from` must not be compacted. */
  entries(from: Index, bytesMax: number): readonly Entry[] {
    invariant(from >= this.firstIndex && from <= this.#lastIndex, 'only kept entries are read');
    return this.#read(from, this.#lastIndex, bytesMax);
  }

  /** Entries from `from` up to `to`, at least one: from the window, or older ones from disk. */
  #read(from: Index, to: Index, bytesMax: number): readonly Entry[] {
    if (from >= this.#windowFirst) return this.#windowSlice(from, to, bytesMax);
    const entries = this.#reader.entries(from, Math.min(to + 1, this.#windowFirst), bytesMax);
    // A gap, or an empty answer taken for the end of the log, would go unnoticed (B19, C6, C8).
    invariant(entries[0]?.index === from, 'the disk gives the entries it was asked for');
    return entries;
  }

  #windowSlice(from: Index, to: Index, bytesMax: number): readonly Entry[] {
    const start = from - this.#windowFirst;
    const end = to - this.#windowFirst;
    let bytes = 0;
    let i = start;
    for (; i <= end; i += 1) {
      bytes += this.#window[i]?.data.length ?? 0;
      if (bytes > bytesMax && i > start) break;
    }
    return this.#window.slice(start, i);
  }

  /** Data in the entries from `from` to `to`, which are not handed out yet and so in memory. */
  dataBytes(from: Index, to: Index): number {
    invariant(from >= this.#windowFirst && to <= this.#lastIndex, 'new entries are in the window');
    let bytes = 0;
    for (let index = from; index <= to; index += 1) {
      bytes += this.#window[index - this.#windowFirst]?.data.length ?? 0;
    }
    return bytes;
  }

  commitTo(index: Index): void {
    if (index <= this.#commit) return;
    if (index > this.#lastIndex) {
      throw new ImpossibleInput(
        `told that ${index} is committed, but this log ends at ${this.#lastIndex}: was it lost?`,
      );
    }
    this.#commit = index;
  }

  /** The entries the next append must carry; afterwards they count as on their way. */
  takeUnwritten(): readonly Entry[] {
    const entries = this.#window.slice(this.#unwritten - this.#windowFirst);
    this.#unwritten = this.#lastIndex + 1;
    return entries;
  }

  /** The mark that the next append must carry, before its entries. */
  takeUnwrittenMark(): LogMark | undefined {
    const mark = this.#unwrittenMark;
    this.#unwrittenMark = undefined;
    return mark;
  }

  get hasUnwritten(): boolean {
    return this.#unwrittenMark !== undefined || this.#unwritten <= this.#lastIndex;
  }

  appendStarted(token: number): void {
    this.#underWay.push({ token, lastIndex: this.#unwritten - 1 });
  }

  /** Every append up to `token` is durable: a claim about what those appends still stand for. */
  appendFinished(token: number): void {
    let finished = 0;
    for (const append of this.#underWay) {
      if (append.token > token) break;
      this.#durable = Math.max(this.#durable, append.lastIndex);
      finished += 1;
    }
    this.#underWay.splice(0, finished);
    this.#trimWindow();
  }

  get appendsUnderWay(): number {
    return this.#underWay.length;
  }

  /** Committed and durable entries not handed out before, at least one, then up to `bytesMax`. */
  takeCommitted(bytesMax: number): readonly Entry[] {
    if (!this.hasCommitted) return [];
    const until = Math.min(this.#commit, this.#durable);
    const from = this.#handed + 1;
    const entries = this.#read(from, until, bytesMax);
    this.#handed += entries.length;
    return entries;
  }

  get hasCommitted(): boolean {
    return !this.#installing && this.#handed < Math.min(this.#commit, this.#durable);
  }

  appliedTo(index: Index): void {
    invariant(index >= this.#applied && index <= this.#handed, 'applied follows what was handed');
    invariant(!this.#installing || index <= this.#mark.index, 'one writer of the state (C10)');
    this.#applied = index;
    this.#trimWindow();
  }

  /** Drops what is durable, applied and more than the window keeps for close followers. */
  #trimWindow(): void {
    if (this.#windowBytes <= this.#windowBytesMax) return;
    const onDisk = Math.min(this.#durable, this.#unwritten - 1);
    // An installation takes long: what gathers behind it is read back from the disk.
    const limit = this.#installing ? onDisk : Math.min(this.#applied, onDisk);
    // Down to three quarters, so that the array is shifted once in many entries.
    const target = this.#windowBytesMax * 0.75;
    let count = 0;
    while (this.#windowBytes > target && this.#windowFirst + count <= limit) {
      this.#windowBytes -= this.#window[count]?.data.length ?? 0;
      count += 1;
    }
    if (count === 0) return;
    this.#window.splice(0, count);
    this.#windowFirst += count;
  }

  /** Storage has let go of everything up to `index`, which is applied durably. */
  compactTo(index: Index): void {
    if (index <= this.#mark.index) return;
    invariant(!this.#installing, 'a state that is being replaced covers no entries');
    invariant(index <= this.#applied && index <= this.#durable, 'only applied entries go');
    this.configurations.rebase({ index, configuration: this.configurations.at(index) });
    this.#forgetUpTo({ index, term: this.#knownTerm(index) });
  }

  /**
   * A snapshot takes the place of everything up to `mark`; the caller has made sure that the log
   * holds no other committed entry there. Entries behind a matching mark stay, for they were
   * acknowledged (D1). Otherwise all of the log is in conflict with what is committed, below
   * the mark as well as above it, and goes (D2). Appends under way then stand for nothing.
   */
  restore(mark: LogMark): void {
    invariant(mark.index >= Math.max(this.#mark.index, this.#applied), 'a state never goes back');
    if (this.matches(mark)) this.#forgetUpTo(mark);
    else this.#resetTo(mark);
    this.configurations.rebase(mark);
    this.#commit = Math.max(this.#commit, mark.index);
    this.#unwrittenMark = mark;
    this.#installing = true;
  }

  #resetTo(mark: EntryId): void {
    invariant(mark.index > this.#commit, 'committed entries are never replaced');
    // What is committed is the same in every log; behind it nothing of this one is left.
    this.#durable = Math.min(this.#durable, this.#commit);
    for (const append of this.#underWay) append.lastIndex = 0;
    this.#mark = { index: mark.index, term: mark.term };
    this.#lastIndex = mark.index;
    this.#terms.truncate(0);
    this.configurations.truncate(0);
    this.#window = [];
    this.#windowBytes = 0;
    this.#windowFirst = mark.index + 1;
    this.#unwritten = mark.index + 1;
  }

  #forgetUpTo(mark: EntryId): void {
    const { index } = mark;
    this.#mark = { index, term: mark.term };
    this.#terms.compact(index);
    const drop = Math.min(Math.max(index + 1 - this.#windowFirst, 0), this.#window.length);
    for (let i = 0; i < drop; i += 1) this.#windowBytes -= this.#window[i]?.data.length ?? 0;
    this.#window.splice(0, drop);
    this.#windowFirst = Math.max(this.#windowFirst, index + 1);
    this.#unwritten = Math.max(this.#unwritten, index + 1);
  }

  /** The state machine is durably at the snapshot of the mark; an older one changes nothing. */
  installedTo(index: Index): void {
    invariant(index <= this.#mark.index, 'only a snapshot that the log begins with is installed');
    if (!this.#installing || index < this.#mark.index) return;
    this.#installing = false;
    this.#applied = index;
    this.#handed = index;
    this.#trimWindow();
  }
}
