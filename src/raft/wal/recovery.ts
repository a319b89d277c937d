/**
 * Reads the log from the oldest segment to its end.
 *
 * The one question that matters is asked at the first frame that does not hold: is this the end of
 * the log, or damage in it? One batch is in flight at a time, so at most the very last frame can be
 * torn. Whatever valid frame is found behind a bad one says that the bad one was acknowledged.
 */
import { WalError } from './errors.js';
import type { FileSystem, OpenFile } from './file-system.js';
import {
  decodeSegmentHeader,
  FORMAT_VERSION,
  FRAMES_BEGIN,
  PREPARATION_FILE,
  SEGMENT_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
  type StoredSegmentHeader,
  segmentFileName,
  segmentIdOf,
} from './format.js';
import { FRAME_HEADER_BYTES, FrameKind } from './frame.js';
import { FrameScanner, readOrFail, type ScannedFrame } from './frame-scanner.js';
import { LogState, missingEntry } from './log-state.js';
import { MalformedRecord } from './record.js';
import { Segment } from './segment-list.js';

export type WalWarning =
  | {
      readonly kind: 'torn-tail';
      readonly file: string;
      readonly offset: number;
      /** How long the frame would have been, as far as its header can be believed. */
      readonly bytes: number;
    }
  | { readonly kind: 'stray-file'; readonly file: string };

/** Where the log ends. */
export interface Tail {
  /** Undefined when not one frame was ever written. */
  readonly segment: Segment | undefined;
  readonly offset: number;
  readonly sequence: number;
  readonly previousBytes: number;
  /** The last frame says that the log goes on in the next segment. */
  readonly ended: boolean;
  readonly lastFrame: { readonly offset: number; readonly bytes: number } | undefined;
}

export interface Recovery {
  readonly state: LogState;
  readonly tail: Tail;
  /** The segment after the last one, prepared but not begun. */
  readonly prepared: Segment | undefined;
}

/** Opens the segments and leaves them open; on an error everything is closed again. */
export async function recover(
  fileSystem: FileSystem,
  folder: string,
  warn: (warning: WalWarning) => void,
): Promise<Recovery> {
  const opened: Segment[] = [];
  try {
    for (const id of await segmentIds(fileSystem, folder, warn)) {
      opened.push(await openSegment(fileSystem, folder, id));
    }
    return await new Replay(folder, opened, warn).run();
  } catch (error) {
    for (const segment of opened) await segment.file.close().catch(() => undefined);
    throw error;
  }
}

async function segmentIds(
  fileSystem: FileSystem,
  folder: string,
  warn: (warning: WalWarning) => void,
): Promise<number[]> {
  const ids: number[] = [];
  for (const name of await fileSystem.list(folder)) {
    const id = segmentIdOf(name);
    if (id !== undefined) ids.push(id);
    // Nothing was ever acknowledged from a segment that was still being prepared.
    else if (name === PREPARATION_FILE) await fileSystem.unlink(`${folder}/${name}`);
    else warn({ kind: 'stray-file', file: `${folder}/${name}` });
  }
  ids.sort((a, b) => a - b);
  for (let i = 1; i < ids.length; i++) {
    const [before = 0, id = 0] = [ids[i - 1], ids[i]];
    if (id === before + 1) continue;
    const what = `segments ${before + 1} to ${id - 1} of the log are missing`;
    throw new WalError('wal_corrupt', what, { file: folder });
  }
  return ids;
}

async function openSegment(fileSystem: FileSystem, folder: string, id: number): Promise<Segment> {
  const path = `${folder}/${segmentFileName(id)}`;
  const file = await fileSystem.open(path, 'durable');
  try {
    const header = await readSegmentHeader(file, id);
    return new Segment(header, file, header.version);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

/** Throws a WalError when the file is not the segment that its name says. */
export async function readSegmentHeader(file: OpenFile, id: number): Promise<StoredSegmentHeader> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const count = await readOrFail(file, bytes, bytes.length, 0);
  const header = decodeSegmentHeader(bytes.subarray(0, count));
  const place = { file: file.path, offset: 0 };
  if ('problem' in header) {
    if (header.problem === 'foreign') {
      throw new WalError('wal_foreign', 'this is not a segment of a Kvorum log', place);
    }
    if (header.problem === 'version') {
      const what =
        `this segment has format version ${header.version}, ` +
        `this Kvorum reads versions up to ${FORMAT_VERSION}`;
      throw new WalError('wal_version', what, place);
    }
    throw new WalError('wal_corrupt', 'the header of the segment is damaged', place);
  }
  if (header.id !== id) {
    const what = `this file is segment ${header.id}, not ${id}: it was renamed or copied`;
    throw new WalError('wal_foreign', what, place);
  }
  const size = await file.size();
  if (size !== header.capacityBytes || size > SEGMENT_BYTES_MAX) {
    const what = `the segment has ${size} bytes instead of ${header.capacityBytes}`;
    throw new WalError('wal_corrupt', what, { file: file.path, offset: size });
  }
  return header;
}

class Replay {
  readonly #folder: string;
  readonly #opened: readonly Segment[];
  readonly #warn: (warning: WalWarning) => void;
  readonly #state = new LogState();
  #segment: Segment | undefined;
  #offset = FRAMES_BEGIN;
  /** Of the next frame; the first segment's first frame says where counting begins. */
  #sequence = 1;
  #previousBytes = 0;
  #ended = false;
  #lastFrame: Tail['lastFrame'];
  /** Where the first frame is that does not hold: the end, unless something valid follows. */
  #end: { readonly segment: Segment; readonly offset: number } | undefined;

  constructor(folder: string, opened: readonly Segment[], warn: (warning: WalWarning) => void) {
    this.#folder = folder;
    this.#opened = opened;
    this.#warn = warn;
  }

  async run(): Promise<Recovery> {
    let prepared: Segment | undefined;
    for (const segment of this.#opened) {
      const scanner = new FrameScanner(segment.file, segment.capacityBytes, segment.seed);
      const begun = this.#end === undefined && (await this.#replaySegment(segment, scanner));
      if (begun) continue;
      this.#end ??= { segment, offset: FRAMES_BEGIN };
      // From here on nothing may be written: this is the segment that was kept ready.
      await this.#expectNothing(segment, scanner, FRAMES_BEGIN);
      if (prepared !== undefined || (this.#segment === undefined && segment.id !== 1)) {
        throw this.#corrupt('the segment holds nothing, but the log went on after it', segment);
      }
      prepared = segment;
    }
    this.#expectComplete(prepared);
    const { tail } = this;
    return { state: this.#state, tail, prepared };
  }

  get tail(): Tail {
    return {
      segment: this.#segment,
      offset: this.#offset,
      sequence: this.#sequence,
      previousBytes: this.#previousBytes,
      ended: this.#ended,
      lastFrame: this.#lastFrame,
    };
  }

  /** False when the segment was never begun. */
  async #replaySegment(segment: Segment, scanner: FrameScanner): Promise<boolean> {
    const first = this.#segment === undefined;
    let offset = FRAMES_BEGIN;
    let previousBytes = 0;
    let ended = false;
    while (!ended) {
      const frame = scanner.frameAtHand(offset) ?? (await scanner.frameAt(offset));
      if (frame === undefined || frame.header.previousBytes !== previousBytes) break;
      const { sequence, kind, payloadBytes } = frame.header;
      const begins = offset === FRAMES_BEGIN;
      if (!(begins && first) && sequence !== this.#sequence) break;
      if (begins !== (kind === FrameKind.first)) {
        throw this.#corrupt('a frame of a kind that cannot stand here', segment, offset);
      }
      if (begins) {
        this.#state.segments.push(segment);
        this.#segment = segment;
      }
      this.#apply(segment, frame);
      this.#lastFrame = { offset, bytes: frame.bytes };
      this.#sequence = sequence + 1;
      previousBytes = payloadBytes;
      offset += frame.bytes;
      ended = kind === FrameKind.end;
    }
    if (offset === FRAMES_BEGIN) return false;
    this.#offset = offset;
    this.#previousBytes = previousBytes;
    this.#ended = ended;
    if (!ended) {
      this.#end = { segment, offset };
      await this.#expectNothing(segment, scanner, offset);
      await this.#reportTornTail(segment, scanner);
    }
    return true;
  }

  #apply(segment: Segment, frame: ScannedFrame): void {
    const { view, start, header, offset, bytes } = frame;
    const end = start + header.payloadBytes;
    const fileOffset = offset + bytes - header.payloadBytes;
    try {
      this.#state.apply({ view, start, end, kind: header.kind, segment, fileOffset });
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error;
      throw this.#corrupt(`the log contradicts itself: ${error.message}`, segment, offset);
    }
  }

  /** A valid frame at `offset` or behind it makes the bad one damage, and not the end. */
  async #expectNothing(segment: Segment, scanner: FrameScanner, offset: number): Promise<void> {
    const later = await scanner.nextFrame(offset, this.#sequence);
    if (later === undefined) return;
    const bad = this.#end ?? { segment, offset };
    const what =
      `the frame here is damaged, but frame ${later.header.sequence} after it ` +
      `(${segment.fileName} at offset ${later.offset}) is whole`;
    throw this.#corrupt(what, bad.segment, bad.offset);
  }

  async #reportTornTail(segment: Segment, scanner: FrameScanner): Promise<void> {
    const torn = await scanner.headerAt(this.#offset);
    // A recycled file is full of old frames; only this sequence can have been meant for here.
    if (torn?.sequence !== this.#sequence) return;
    const left = segment.capacityBytes - this.#offset;
    const bytes = Math.min(FRAME_HEADER_BYTES + torn.payloadBytes, left);
    this.#warn({ kind: 'torn-tail', file: segment.file.path, offset: this.#offset, bytes });
  }

  #expectComplete(prepared: Segment | undefined): void {
    if (this.#ended && prepared === undefined) {
      const what = `the log goes on in segment ${(this.#segment?.id ?? 0) + 1}, which is missing`;
      throw new WalError('wal_corrupt', what, { file: this.#folder });
    }
    const missing = missingEntry(this.#state);
    if (missing === undefined) return;
    const what =
      `entry ${missing.index} of group ${missing.group} is in a segment before ` +
      `${this.#opened[0]?.fileName}, which is missing`;
    throw new WalError('wal_corrupt', what, { file: this.#folder });
  }

  #corrupt(what: string, segment: Segment, offset = FRAMES_BEGIN): WalError {
    return new WalError('wal_corrupt', what, { file: segment.file.path, offset });
  }
}
