/**
 * The frame around the records: magic, checksum, length, payload (byte table in DESIGN.md).
 *
 * The reader takes the chunks of a socket as they come. A frame that lies within one chunk is
 * handed on as a view of it; one that does not is put together in a buffer of its exact size,
 * which is allocated only after its header has been found sane.
 */
import { crc32 } from 'node:zlib';
import type { ByteWriter } from './byte-writer.js';

/** "KvF1" in ASCII, read as a little-endian integer. */
export const frameMagic = 0x3146764b;
export const frameHeaderBytes = 12;
const checksummedFrom = 8;

/** Starts a frame at the beginning of the writer. */
export function beginFrame(writer: ByteWriter): void {
  writer.position = 0;
  writer.ensure(frameHeaderBytes);
  writer.position = frameHeaderBytes;
}

/** Fills the header in. The result is a view that lives until the next `beginFrame`. */
export function endFrame(writer: ByteWriter): Buffer {
  const frame = writer.buffer.subarray(0, writer.position);
  frame.writeUInt32LE(frameMagic, 0);
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 8);
  frame.writeUInt32LE(crc32(frame.subarray(checksummedFrom)), 4);
  return frame;
}

export class FrameReader {
  /** May be raised once the other side is known. */
  frameBytesMax: number;
  readonly #onFrame: (payload: Buffer) => void;
  readonly #header = Buffer.allocUnsafeSlow(frameHeaderBytes);
  /** The frame being put together: at first its header alone. */
  #assembly = this.#header;
  #filled = 0;
  #stopped = false;

  constructor(frameBytesMax: number, onFrame: (payload: Buffer) => void) {
    this.frameBytesMax = frameBytesMax;
    this.#onFrame = onFrame;
  }

  /** No frame is handed on after this, even from the chunk at hand. */
  stop(): void {
    this.#stopped = true;
  }

  /** Hands on each frame that is complete. A string: the stream is broken, for this reason. */
  push(chunk: Buffer): string | undefined {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      if (this.#filled === 0 && chunk.length - offset >= frameHeaderBytes) {
        const end = offset + frameHeaderBytes + chunk.readUInt32LE(offset + 8);
        const error = this.#checkHeader(chunk, offset);
        if (error !== undefined) return this.#break(error);
        if (end <= chunk.length) {
          const broken = this.#hand(chunk.subarray(offset, end));
          if (broken !== undefined) return this.#break(broken);
          offset = end;
          continue;
        }
      }
      const copied = chunk.copy(this.#assembly, this.#filled, offset);
      offset += copied;
      this.#filled += copied;
      const error = this.#advance();
      if (error !== undefined) return this.#break(error);
    }
    return undefined;
  }

  /** Called when the assembly may be full: the header is, or the whole frame is. */
  #advance(): string | undefined {
    if (this.#filled < this.#assembly.length) return undefined;
    if (this.#assembly === this.#header) {
      const error = this.#checkHeader(this.#header, 0);
      if (error !== undefined) return error;
      const length = this.#header.readUInt32LE(8);
      if (length > 0) {
        const whole = Buffer.allocUnsafeSlow(frameHeaderBytes + length);
        this.#header.copy(whole);
        this.#assembly = whole;
        return undefined;
      }
    }
    const frame = this.#assembly;
    this.#assembly = this.#header;
    this.#filled = 0;
    return this.#hand(frame);
  }

  #checkHeader(buffer: Buffer, offset: number): string | undefined {
    const magic = buffer.readUInt32LE(offset);
    if (magic !== frameMagic) {
      return `the frame does not begin with the magic number (0x${magic.toString(16)})`;
    }
    const length = buffer.readUInt32LE(offset + 8);
    if (length > this.frameBytesMax) {
      return `a frame of ${length} bytes is over the limit of ${this.frameBytesMax}`;
    }
    return undefined;
  }

  #hand(frame: Buffer): string | undefined {
    if (crc32(frame.subarray(checksummedFrom)) !== frame.readUInt32LE(4)) {
      return `the checksum of a frame of ${frame.length - frameHeaderBytes} bytes does not match`;
    }
    this.#onFrame(frame.subarray(frameHeaderBytes));
    return undefined;
  }

  #break(error: string): string {
    this.#stopped = true;
    return error;
  }
}
