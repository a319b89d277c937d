/**
 * Writes bytes and integers into a buffer that is used again for the next frame.
 *
 * `ensure` is the only place that grows; the writes behind it do no checks of their own beyond the
 * value's range, because they run for every message and request.
 */
import { invariant } from '../core/invariant.js';

export class ByteWriter {
  buffer: Buffer;
  position = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  /** Makes room for `bytes` more; what was written so far is kept. */
  ensure(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.position);
    this.buffer = larger;
  }

  u8(value: number): void {
    this.buffer[this.position++] = value;
  }

  /** LEB128: seven bits per byte, lowest first, at most 8 bytes for the 53 bits of a number. */
  varint(value: number): void {
    invariant(Number.isSafeInteger(value) && value >= 0, 'wire integers have 53 bits');
    const buffer = this.buffer;
    let position = this.position;
    let rest = value;
    while (rest > 0x7fffffff) {
      buffer[position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      buffer[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[position++] = rest;
    this.position = position;
  }

  bytes(value: Uint8Array): void {
    this.buffer.set(value, this.position);
    this.position += value.length;
  }
}

/** The most bytes one integer takes. */
export const varintBytesMax = 8;

export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  let bytes = 3;
  for (let rest = Math.floor(value / 0x200000); rest > 0; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
