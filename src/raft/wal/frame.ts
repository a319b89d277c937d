/**
 * The frame: one batch, one write, one checksum.
 *
 * The checksum covers the segment's id and salt, which are not in the frame, so that neither a
 * frame left over in a recycled file nor one inside somebody's value can be taken for a new one.
 */
import { crc32 } from 'node:zlib';
import { FRAME_BYTES_MAX } from './format.js';
import { getUint64, putUint64 } from './integers.js';

export const FRAME_HEADER_BYTES = 24;

/** `first` begins a segment, `seal` says that all before is durable, `end` that another follows. */
export const FrameKind = { batch: 1, first: 2, seal: 3, end: 4 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const FRAME_KIND_NAMES: Record<FrameKind, string> = {
  1: 'batch',
  2: 'first',
  3: 'seal',
  4: 'end',
};

export interface FrameHeader {
  readonly crc: number;
  readonly payloadBytes: number;
  readonly sequence: number;
  readonly previousBytes: number;
  readonly kind: FrameKind;
}

export interface FramePosition {
  /** Rises by one with every frame, across segments. */
  readonly sequence: number;
  /** Payload bytes of the frame before it in the same segment; 0 for the first. */
  readonly previousBytes: number;
}

/** Fills in the header of the frame at the start of `bytes`; `length` includes the header. */
export function sealFrame(
  frame: { readonly bytes: Uint8Array; readonly view: DataView; readonly length: number },
  kind: FrameKind,
  position: FramePosition,
  seed: number,
): void {
  const { bytes, view, length } = frame;
  view.setUint32(4, length - FRAME_HEADER_BYTES, true);
  putUint64(view, 8, position.sequence);
  view.setUint32(16, position.previousBytes, true);
  view.setUint32(20, kind, true);
  view.setUint32(0, crc32(bytes.subarray(4, length), seed), true);
}

/** Undefined when these bytes cannot begin a frame, whatever the checksum says. */
export function readFrameHeader(view: DataView, at: number): FrameHeader | undefined {
  const kind = view.getUint32(at + 20, true);
  if (!isFrameKind(kind)) return undefined;
  const payloadBytes = view.getUint32(at + 4, true);
  if (payloadBytes % 8 !== 0 || payloadBytes > FRAME_BYTES_MAX) return undefined;
  const sequence = getUint64(view, at + 8);
  if (!Number.isSafeInteger(sequence) || sequence === 0) return undefined;
  const previousBytes = view.getUint32(at + 16, true);
  return { crc: view.getUint32(at, true), payloadBytes, sequence, previousBytes, kind };
}

/** `frame` is header and payload together. */
export function frameCrcHolds(frame: Uint8Array, crc: number, seed: number): boolean {
  return crc32(frame.subarray(4), seed) === crc;
}

function isFrameKind(value: number): value is FrameKind {
  return value >= FrameKind.batch && value <= FrameKind.end;
}
