/**
 * Puts frames at the end of the log, one at a time, and goes over to the next segment when one is
 * full. What was written is applied to memory from the bytes that were written.
 */
import type { Clock } from '../clock.js';
import { invariant } from '../core/invariant.js';
import type { Carrier } from './carrier.js';
import { WalError } from './errors.js';
import { FRAMES_BEGIN } from './format.js';
import { FRAME_HEADER_BYTES, FrameKind } from './frame.js';
import { readOrFail } from './frame-scanner.js';
import { FrameWriter } from './frame-writer.js';
import type { LogState } from './log-state.js';
import type { Tail } from './recovery.js';
import type { Segment } from './segment-list.js';
import type { SegmentSupply } from './segment-supply.js';
import type { WalBatch, WalObserver } from './types.js';

/** Every frame leaves room for a seal and for the end of the segment. */
const RESERVED_BYTES = 2 * FRAME_HEADER_BYTES;
const EMPTY_BATCH: WalBatch = { created: [], removed: [], writes: [] };

export interface AppenderParts {
  readonly state: LogState;
  readonly carrier: Carrier;
  readonly supply: SegmentSupply;
  readonly clock: Clock;
  readonly observer: WalObserver | undefined;
}

export class LogAppender {
  readonly counters = { batches: 0, entries: 0, bytes: 0, syncMsTotal: 0, syncMsMax: 0 };
  readonly #parts: AppenderParts;
  readonly #writer = new FrameWriter();
  /** Seals and ends are built beside the batch that may be waiting in the other one. */
  readonly #controlWriter = new FrameWriter(FRAME_HEADER_BYTES);
  #active: Segment | undefined;
  #offset = FRAMES_BEGIN;
  #sequence = 1;
  #previousBytes = 0;
  #needsSeal = false;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
  }

  /** True when the last frame is a batch, which damage could make look torn. */
  get needsSeal(): boolean {
    return this.#needsSeal;
  }

  /** Goes on where recovery found the end, after making sure that the end is durable. */
  async resume(tail: Tail): Promise<void> {
    const { segment } = tail;
    this.#sequence = tail.sequence;
    if (segment !== undefined) {
      this.#active = segment;
      this.#offset = tail.offset;
      this.#previousBytes = tail.previousBytes;
      await rewriteLastFrame(segment, tail.lastFrame);
    }
    if (segment === undefined || tail.ended) await this.#rotate(EMPTY_BATCH, tail.ended);
    else if (this.#offset + RESERVED_BYTES <= segment.capacityBytes) await this.seal();
  }

  append(batch: WalBatch): Promise<void> {
    const active = this.#active;
    invariant(active !== undefined, 'the log has a segment to write to');
    const { carrier } = this.#parts;
    this.#writer.begin();
    carrier.write(this.#writer);
    this.#writer.batch(batch);
    if (this.#offset + this.#writer.length + RESERVED_BYTES > active.capacityBytes) {
      return this.#rotate(batch, false);
    }
    return this.#write(this.#writer, active, FrameKind.batch, batch);
  }

  seal(): Promise<void> {
    const active = this.#active;
    invariant(active !== undefined, 'the log has a segment to write to');
    return this.#control(active, FrameKind.seal);
  }

  /**
   * The next segment must be there before this one says that it goes on; and this one says so
   * before the next is written, so that a lost file is noticed.
   */
  async #rotate(batch: WalBatch, ended: boolean): Promise<void> {
    const { supply, state } = this.#parts;
    this.#encodeFirst(batch);
    const next = await supply.take(FRAMES_BEGIN + this.#writer.length + RESERVED_BYTES);
    if (this.#active !== undefined && !ended) {
      await this.#control(this.#active, FrameKind.end);
    }
    state.segments.push(next);
    this.#active = next;
    this.#offset = FRAMES_BEGIN;
    this.#previousBytes = 0;
    await this.#write(this.#writer, next, FrameKind.first, batch);
    supply.begun();
  }

  /** The table of all groups, and behind it in the same frame the batch that found no room. */
  #encodeFirst(batch: WalBatch): void {
    const { state, carrier } = this.#parts;
    const writer = this.#writer;
    writer.begin();
    for (const log of state.groups.values()) writer.tableGroup(log.describe());
    for (const [group, minReplica] of state.tombstones) writer.tombstone(group, minReplica);
    carrier.write(writer);
    writer.batch(batch);
  }

  #control(segment: Segment, kind: FrameKind): Promise<void> {
    this.#controlWriter.begin();
    return this.#write(this.#controlWriter, segment, kind, undefined);
  }

  #write(
    writer: FrameWriter,
    segment: Segment,
    kind: FrameKind,
    batch: WalBatch | undefined,
  ): Promise<void> {
    const { bytes, length } = writer;
    const position = { sequence: this.#sequence, previousBytes: this.#previousBytes };
    writer.finish(kind, position, segment.seed);
    const startedMs = this.#parts.clock.monotonicMs();
    return segment.file.write(bytes, length, this.#offset).then(() => {
      this.#written(writer, segment, kind);
      if (batch !== undefined && batch !== EMPTY_BATCH) this.#count(batch, length, startedMs);
    });
  }

  #written(writer: FrameWriter, segment: Segment, kind: FrameKind): void {
    const { view, length } = writer;
    const start = FRAME_HEADER_BYTES;
    const fileOffset = this.#offset + start;
    this.#parts.state.apply({ view, start, end: length, kind, segment, fileOffset });
    this.#offset += length;
    this.#previousBytes = length - FRAME_HEADER_BYTES;
    this.#sequence++;
    this.#needsSeal = kind !== FrameKind.seal;
  }

  #count(batch: WalBatch, bytes: number, startedMs: number): void {
    const durationMs = this.#parts.clock.monotonicMs() - startedMs;
    let entries = 0;
    for (const write of batch.writes) entries += write.entries.length;
    const { counters } = this;
    counters.batches++;
    counters.entries += entries;
    counters.bytes += bytes;
    counters.syncMsTotal += durationMs;
    if (durationMs > counters.syncMsMax) counters.syncMsMax = durationMs;
    this.#parts.observer?.({ entries, bytes, durationMs });
  }
}

/**
 * The last frame may be in the page cache only: its process was killed before the sync, or its sync
 * failed, after which the kernel calls the pages clean. Written again, it is durable.
 */
async function rewriteLastFrame(segment: Segment, frame: Tail['lastFrame']): Promise<void> {
  if (frame === undefined) return;
  const { file } = segment;
  const bytes = Buffer.allocUnsafeSlow(frame.bytes);
  if ((await readOrFail(file, bytes, frame.bytes, frame.offset)) !== frame.bytes) {
    throw new WalError('wal_corrupt', 'the last frame is gone', { file: file.path, ...frame });
  }
  await file.write(bytes, frame.bytes, frame.offset);
}
