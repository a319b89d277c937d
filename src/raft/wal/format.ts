/**
 * What a segment file begins with, and every number of the format that has a limit.
 *
 * Byte tables and reasons are in DESIGN.md; `test/raft/wal/fixtures` holds the test vectors.
 */
import { crc32 } from 'node:zlib';
import { getUint64, putUint64 } from './integers.js';

/** What this version writes. Version 2 can say all that version 1 could, and more (DESIGN.md). */
export const FORMAT_VERSION = 2;
const FORMAT_VERSION_OLDEST = 1;
/** A page of its own, so that no frame's write ever touches the header. */
export const FRAMES_BEGIN = 4096;
export const SEGMENT_HEADER_BYTES = 64;
export const SEGMENT_BYTES_MIN = 8192;
/** Offsets are 32 bits in the index. */
export const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024;
export const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;
export const LOG_BYTES_DEFAULT = 1024 * 1024 * 1024;
/** Every segment keeps a descriptor open. */
export const SEGMENT_COUNT_MAX = 1024;
export const ENTRY_BYTES_MAX = 8 * 1024 * 1024;
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;

/** The file that a segment is while it is being prepared; worth nothing until renamed. */
export const PREPARATION_FILE = 'prepare.tmp';

const MAGIC = Buffer.from('KVORUMWL', 'latin1');
const CRC_AT = 12;

export interface SegmentHeader {
  readonly id: number;
  /** The size of the file; a shorter file has lost something (I4). */
  readonly capacityBytes: number;
  /** Drawn anew for each use of a file, and part of every frame's checksum. */
  readonly salt: number;
}

/** As it was found: it may have been written by an older version. */
export interface StoredSegmentHeader extends SegmentHeader {
  readonly version: number;
}

export type HeaderProblem =
  | { readonly problem: 'foreign' | 'corrupt' }
  | { readonly problem: 'version'; readonly version: number };

export function segmentFileName(id: number): string {
  return `${id.toString(16).padStart(12, '0')}.wal`;
}

/** Undefined when the name is not one of a segment. */
export function segmentIdOf(fileName: string): number | undefined {
  const match = /^([0-9a-f]{12})\.wal$/.exec(fileName);
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 16);
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.set(MAGIC, 0);
  view.setUint32(8, FORMAT_VERSION, true);
  putUint64(view, 16, header.id);
  putUint64(view, 24, header.capacityBytes);
  view.setUint32(32, header.salt, true);
  view.setUint32(CRC_AT, headerCrc(bytes), true);
  return bytes;
}

/** Magic, version and checksum keep their place in all versions, so that a newer one is told. */
export function decodeSegmentHeader(bytes: Uint8Array): StoredSegmentHeader | HeaderProblem {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { problem: 'corrupt' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return { problem: 'foreign' };
  if (view.getUint32(CRC_AT, true) !== headerCrc(bytes)) return { problem: 'corrupt' };
  const version = view.getUint32(8, true);
  if (version < FORMAT_VERSION_OLDEST || version > FORMAT_VERSION) {
    return { problem: 'version', version };
  }
  return {
    version,
    id: getUint64(view, 16),
    capacityBytes: getUint64(view, 24),
    salt: view.getUint32(32, true),
  };
}

/** Where every frame checksum of a segment starts from. */
export function frameSeed(header: SegmentHeader): number {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  putUint64(view, 0, header.id);
  view.setUint32(8, header.salt, true);
  return crc32(bytes);
}

function headerCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(16, SEGMENT_HEADER_BYTES), crc32(bytes.subarray(0, CRC_AT)));
}
