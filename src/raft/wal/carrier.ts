/**
 * Carries the live entries of the oldest segment forward, when the log is too long and the state
 * behind a group is not durable enough to compact it (design, "carrying").
 *
 * A chunk is read in the background, rides along in the next batch, and only then the next chunk
 * is read. Nothing depends on the whole being atomic: the originals stay until the last chunk is
 * durable, and each chunk is part of one frame.
 */
import type { Entry, GroupId, Index } from '../core/types.js';
import { entriesOf, expectWhole, spanAt } from './entry-reader.js';
import { readOrFail } from './frame-scanner.js';
import type { FrameWriter } from './frame-writer.js';
import type { LogState } from './log-state.js';
import { RecordType } from './record.js';
import type { Segment } from './segment-list.js';

/** What a batch may be burdened with; at least one entry. */
export const CARRY_CHUNK_BYTES = 128 * 1024;

interface Chunk {
  readonly group: GroupId;
  readonly entries: readonly Entry[];
}

export class Carrier {
  readonly #state: LogState;
  readonly #onFailure: (error: Error) => void;
  #segment: Segment | undefined;
  /** Groups that still have to be looked at, and how far the first of them is done. */
  #groups: GroupId[] = [];
  #next: Index = 0;
  #chunk: Chunk | undefined;
  #chunkInFrame = false;
  #reading: Promise<void> | undefined;

  constructor(state: LogState, onFailure: (error: Error) => void) {
    this.#state = state;
    this.#onFailure = onFailure;
  }

  /** The segment whose file must stay open. */
  get reading(): Segment | undefined {
    return this.#reading === undefined ? undefined : this.#segment;
  }

  /** Starts with this segment, unless one is being carried already. */
  start(segment: Segment): void {
    if (this.#segment !== undefined) return;
    this.#segment = segment;
    this.#groups = [...segment.lastIndexes.keys()].sort((a, b) => a - b);
    this.#next = 0;
  }

  /** Puts the waiting chunk into a frame, as far as it is still alive. May be repeated. */
  write(writer: FrameWriter): void {
    const chunk = this.#chunk;
    const segment = this.#segment;
    if (chunk === undefined || segment === undefined) return;
    this.#chunkInFrame = true;
    const log = this.#state.groups.get(chunk.group);
    if (log === undefined) return;
    for (const entry of chunk.entries) {
      if (!log.has(entry.index) || log.termAt(entry.index) !== entry.term) continue;
      if (log.segmentOf(entry.index) !== segment.id) continue;
      writer.entry(RecordType.carriedEntry, chunk.group, entry);
    }
  }

  /** Fetches the next chunk in the background; called when what was written has been applied. */
  advance(): void {
    if (this.#chunkInFrame) this.#chunk = undefined;
    this.#chunkInFrame = false;
    if (this.#segment === undefined || this.#chunk || this.#reading) return;
    if (this.#segment.liveEntries === 0) {
      this.#segment = undefined;
      return;
    }
    const done = () => {
      this.#reading = undefined;
    };
    this.#reading = this.#read(this.#segment).then(done, (error: Error) => {
      done();
      this.#onFailure(error);
    });
  }

  async close(): Promise<void> {
    await this.#reading;
  }

  async #read(segment: Segment): Promise<void> {
    const found = this.#find(segment);
    if (found === undefined) {
      this.#segment = undefined;
      return;
    }
    const { log, index, until } = found;
    const span = spanAt(log, this.#state.segments, index, until, CARRY_CHUNK_BYTES);
    // The log may move on while this is read: what is compared is what stood there before.
    const before = new Map<Index, number>();
    for (let i = index; i < index + span.count; i++) before.set(i, log.termAt(i) ?? 0);
    const bytes = Buffer.allocUnsafeSlow(span.bytes);
    expectWhole(span, await readOrFail(segment.file, bytes, span.bytes, span.offset));
    const same = (i: Index) => log.has(i) && log.termAt(i) === before.get(i);
    const alive = [...before.keys()].every((i) => same(i) && log.segmentOf(i) === segment.id);
    // Something was cut or compacted meanwhile: look again from the start of this group.
    if (!alive || this.#state.groups.get(log.group) !== log) return;
    this.#chunk = { group: log.group, entries: entriesOf(span, log, bytes) };
    this.#next = index + span.count;
  }

  /** The next live entry in the segment. */
  #find(segment: Segment) {
    for (; this.#groups.length > 0; this.#groups.shift(), this.#next = 0) {
      const group = this.#groups[0] ?? 0;
      const log = this.#state.groups.get(group);
      const highest = segment.lastIndexes.get(group);
      if (log === undefined || highest === undefined) continue;
      const until = Math.min(highest, log.lastIndex) + 1;
      for (let index = Math.max(this.#next, log.mark.index + 1); index < until; index++) {
        if (log.segmentOf(index) === segment.id) return { log, index, until };
      }
    }
    return undefined;
  }
}
