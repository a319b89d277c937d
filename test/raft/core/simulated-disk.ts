/**
 * The durable log of one replica without a disk: appends wait in a queue, become durable in
 * order when the test says so, and what still waits at a power cut is lost, or is not.
 */
import { decodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import { invariant } from '../../../src/raft/core/invariant.js';
import {
  type Append,
  type Configuration,
  type ConfigurationAt,
  type Entry,
  EntryKind,
  type HardState,
  type Index,
  type LogMark,
  type LogReader,
  type Term,
  type TermRun,
} from '../../../src/raft/core/types.js';

export class SimulatedDisk {
  #mark: LogMark;
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  /** Entries after the mark. */
  #entries: Entry[] = [];
  #queue: Append[] = [];

  constructor(configuration: Configuration) {
    this.#mark = { index: 0, term: 0, configuration };
  }

  get mark(): LogMark {
    return this.#mark;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): Index {
    return this.#mark.index + this.#entries.length;
  }

  get queued(): readonly Append[] {
    return this.#queue;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  entryAt(index: Index): Entry | undefined {
    return this.#entries[index - this.#mark.index - 1];
  }

  /** True when the entry is durable here, or was and is compacted away. */
  holds(index: Index, term: Term): boolean {
    return index <= this.#mark.index || this.entryAt(index)?.term === term;
  }

  terms(): TermRun[] {
    const runs: TermRun[] = [];
    for (const { index, term } of this.#entries) {
      if (runs[runs.length - 1]?.term !== term) runs.push({ from: index, term });
    }
    return runs;
  }

  configurations(): ConfigurationAt[] {
    const found: ConfigurationAt[] = [];
    for (const { index, kind, data } of this.#entries) {
      const configuration =
        kind === EntryKind.configuration ? decodeConfiguration(data) : undefined;
      if (configuration !== undefined) found.push({ index, configuration });
    }
    return found;
  }

  #configurationAt(index: Index): Configuration {
    const before = this.configurations().filter((at) => at.index <= index);
    return before[before.length - 1]?.configuration ?? this.#mark.configuration;
  }

  readonly reader: LogReader = {
    entries: (from, until, bytesMax) => {
      const found: Entry[] = [];
      let bytes = 0;
      for (let index = from; index < until; index += 1) {
        const entry = this.entryAt(index);
        invariant(entry !== undefined, `the core reads only durable entries, not ${index}`);
        bytes += entry.data.length;
        if (bytes > bytesMax && found.length > 0) break;
        found.push(entry);
      }
      return found;
    },
  };

  append(append: Append): void {
    const newest = this.#queue[this.#queue.length - 1];
    invariant(newest === undefined || newest.token < append.token, 'tokens rise');
    this.#queue.push(append);
  }

  /** The oldest appends become durable; their messages may leave now. */
  finish(count: number): readonly Append[] {
    const finished = this.#queue.splice(0, count);
    for (const append of finished) this.#write(append);
    return finished;
  }

  /** A power cut: `surviving` of the queued appends had reached the disk, nobody was told. */
  crash(surviving: number): void {
    this.finish(surviving);
    this.#queue = [];
  }

  #write({ entries, hardState, snapshot }: Append): void {
    if (snapshot !== undefined) this.#beginAfter(snapshot);
    const first = entries[0];
    if (first !== undefined) {
      invariant(first.index > this.#mark.index, 'compacted entries are never written again');
      invariant(first.index <= this.lastIndex + 1, 'a log has no gap');
      this.#entries.length = first.index - this.#mark.index - 1;
      this.#entries.push(...entries);
    }
    if (hardState === undefined) return;
    invariant(hardState.term >= this.#hardState.term, 'the durable term never falls');
    invariant(hardState.commit <= this.lastIndex, 'commit never runs ahead of the entries (C5)');
    this.#hardState = hardState;
  }

  /** Entries behind a matching one stay, for they were acknowledged (D1). */
  #beginAfter(mark: LogMark): void {
    invariant(mark.index >= this.#mark.index, 'a log never begins earlier again');
    const own = mark.index === this.#mark.index ? this.#mark : this.entryAt(mark.index);
    if (own?.term === mark.term) this.#entries.splice(0, mark.index - this.#mark.index);
    else this.#entries = [];
    this.#mark = mark;
  }

  compact(index: Index): void {
    const entry = this.entryAt(index);
    if (entry === undefined) return;
    const configuration = this.#configurationAt(index);
    this.#entries.splice(0, index - this.#mark.index);
    this.#mark = { index, term: entry.term, configuration };
  }
}
