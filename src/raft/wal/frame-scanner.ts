/**
 * Reads the frames of one segment through a window, for recovery and for the inspector.
 */
import { readFailure } from './errors.js';
import type { OpenFile } from './file-system.js';
import { FRAME_HEADER_BYTES, type FrameHeader, frameCrcHolds, readFrameHeader } from './frame.js';

const WINDOW_BYTES = 1024 * 1024;

/** The view is overwritten by the next call. */
export interface ScannedFrame {
  readonly header: FrameHeader;
  readonly offset: number;
  /** Header included. */
  readonly bytes: number;
  readonly view: DataView;
  /** Where the payload begins in the view. */
  readonly start: number;
}

export class FrameScanner {
  readonly #file: OpenFile;
  readonly #end: number;
  readonly #seed: number;
  #window = Buffer.alloc(0);
  #view = new DataView(new ArrayBuffer(0));
  #windowAt = 0;
  #windowBytes = 0;

  constructor(file: OpenFile, end: number, seed: number) {
    this.#file = file;
    this.#end = end;
    this.#seed = seed;
  }

  /** The frame that begins at `offset`, when its checksum holds. */
  async frameAt(offset: number): Promise<ScannedFrame | undefined> {
    const header = await this.headerAt(offset);
    if (header === undefined) return undefined;
    const bytes = FRAME_HEADER_BYTES + header.payloadBytes;
    if (offset + bytes > this.#end || !(await this.#load(offset, bytes))) return undefined;
    return this.#verified(offset, header);
  }

  /**
   * The same without waiting, when the frame is in memory already; undefined says nothing. A log
   * has a frame per batch, and a promise per frame would be most of the work of recovery.
   */
  frameAtHand(offset: number): ScannedFrame | undefined {
    if (!this.#has(offset, FRAME_HEADER_BYTES)) return undefined;
    const header = readFrameHeader(this.#view, offset - this.#windowAt);
    if (header === undefined) return undefined;
    const inWindow = this.#has(offset, FRAME_HEADER_BYTES + header.payloadBytes);
    return inWindow ? this.#verified(offset, header) : undefined;
  }

  /** What stands in the place of a frame header, checked for sense only. */
  async headerAt(offset: number): Promise<FrameHeader | undefined> {
    if (offset + FRAME_HEADER_BYTES > this.#end) return undefined;
    if (!(await this.#load(offset, FRAME_HEADER_BYTES))) return undefined;
    return readFrameHeader(this.#view, offset - this.#windowAt);
  }

  /**
   * The first valid frame at `from` or anywhere behind it whose sequence is `sequenceMin` or
   * higher. Lengths cannot be believed here, so every multiple of eight is tried.
   */
  async nextFrame(from: number, sequenceMin: number): Promise<ScannedFrame | undefined> {
    const last = this.#end - FRAME_HEADER_BYTES;
    let offset = from;
    while (offset <= last) {
      if (!(await this.#load(offset, FRAME_HEADER_BYTES))) return undefined;
      const scanned = Math.min(last, this.#windowEnd - FRAME_HEADER_BYTES);
      const candidate = this.#candidate(offset, scanned, sequenceMin);
      if (candidate !== undefined) {
        const found = await this.frameAt(candidate);
        if (found !== undefined) return found;
      }
      offset =
        candidate === undefined
          ? offset + 8 * Math.ceil((scanned + 1 - offset) / 8)
          : candidate + 8;
    }
    return undefined;
  }

  /** The first offset in the window where a header makes sense. */
  #candidate(from: number, to: number, sequenceMin: number): number | undefined {
    // A segment cannot hold more frames than this; what claims to be further on is not a frame.
    const sequenceMax = sequenceMin + Math.ceil(this.#end / FRAME_HEADER_BYTES);
    for (let offset = from; offset <= to; offset += 8) {
      const header = readFrameHeader(this.#view, offset - this.#windowAt);
      if (header === undefined || header.sequence < sequenceMin) continue;
      if (header.sequence > sequenceMax && sequenceMin > 1) continue;
      if (offset + FRAME_HEADER_BYTES + header.payloadBytes <= this.#end) return offset;
    }
    return undefined;
  }

  #verified(offset: number, header: FrameHeader): ScannedFrame | undefined {
    const at = offset - this.#windowAt;
    const bytes = FRAME_HEADER_BYTES + header.payloadBytes;
    const frame = this.#window.subarray(at, at + bytes);
    if (!frameCrcHolds(frame, header.crc, this.#seed)) return undefined;
    return { header, offset, bytes, view: this.#view, start: at + FRAME_HEADER_BYTES };
  }

  #has(offset: number, bytes: number): boolean {
    return offset >= this.#windowAt && offset + bytes <= this.#windowEnd;
  }

  get #windowEnd(): number {
    return this.#windowAt + this.#windowBytes;
  }

  async #load(offset: number, bytes: number): Promise<boolean> {
    if (this.#has(offset, bytes)) return true;
    const wanted = Math.min(Math.max(bytes, WINDOW_BYTES), this.#end - offset);
    if (this.#window.length < wanted || this.#window.length > Math.max(wanted, WINDOW_BYTES)) {
      this.#window = Buffer.allocUnsafeSlow(wanted);
      this.#view = new DataView(this.#window.buffer);
    }
    this.#windowAt = offset;
    this.#windowBytes = 0;
    this.#windowBytes = await readOrFail(this.#file, this.#window, wanted, offset);
    return this.#windowBytes >= bytes;
  }
}

/** An error of the operating system becomes one that says what to do. */
export async function readOrFail(
  file: OpenFile,
  into: Uint8Array,
  length: number,
  position: number,
): Promise<number> {
  try {
    return await file.read(into, length, position);
  } catch (cause) {
    throw readFailure(file.path, position, cause);
  }
}
