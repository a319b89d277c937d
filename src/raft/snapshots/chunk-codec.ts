/**
 * What a receiver asks for a piece of a snapshot with, and the answer: the bytes inside a request
 * between two nodes. Byte tables: DESIGN.md. Whatever arrives may be anything.
 */
import { crc32 } from 'node:zlib';
import type { EntryId, GroupId } from '../core/types.js';

/** First byte of a request's body, which says who of a node takes it. */
export const chunkRequestType = 0x10;

const version = 1;
const requestBytes = 36;
const answerHeaderBytes = 8;
const Kind = { data: 0, later: 1, gone: 2 } as const;

export interface ChunkRequest {
  readonly group: GroupId;
  readonly snapshot: EntryId;
  readonly offset: number;
  readonly length: number;
}

/** `later`: busy, ask again. `gone`: there is no such snapshot (any more). */
export type ChunkAnswer =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'later' }
  | { readonly kind: 'gone' };

export class ChunkFormatError extends Error {
  override readonly name = 'ChunkFormatError';
}

export function encodeChunkRequest({ group, snapshot, offset, length }: ChunkRequest): Buffer {
  const out = Buffer.alloc(requestBytes);
  out[0] = chunkRequestType;
  out[1] = version;
  out.writeUInt32LE(group, 4);
  out.writeDoubleLE(snapshot.index, 8);
  out.writeDoubleLE(snapshot.term, 16);
  out.writeDoubleLE(offset, 24);
  out.writeUInt32LE(length, 32);
  return out;
}

export function decodeChunkRequest(bytes: Buffer): ChunkRequest {
  if (bytes.length !== requestBytes || bytes[0] !== chunkRequestType || bytes[1] !== version) {
    throw new ChunkFormatError('not a request for a piece of a snapshot, of this version');
  }
  return {
    group: bytes.readUInt32LE(4),
    snapshot: { index: readCounter(bytes, 8), term: readCounter(bytes, 16) },
    offset: readCounter(bytes, 24),
    length: bytes.readUInt32LE(32),
  };
}

export function encodeChunkAnswer(answer: ChunkAnswer): Buffer {
  const data = answer.kind === 'data' ? answer.data : Buffer.alloc(0);
  const out = Buffer.allocUnsafe(answerHeaderBytes + data.length);
  out[0] = version;
  out[1] = Kind[answer.kind];
  out.writeUInt16LE(0, 2);
  out.writeUInt32LE(crc32(data), 4);
  data.copy(out, answerHeaderBytes);
  return out;
}

/** `length` bytes were asked for: fewer are a fault and not the end of the file (D10). */
export function decodeChunkAnswer(bytes: Buffer, length: number): ChunkAnswer {
  if (bytes.length < answerHeaderBytes || bytes[0] !== version) {
    throw new ChunkFormatError('not an answer of this version');
  }
  if (bytes[1] === Kind.later) return { kind: 'later' };
  if (bytes[1] === Kind.gone) return { kind: 'gone' };
  if (bytes[1] !== Kind.data) throw new ChunkFormatError(`no such kind of answer: ${bytes[1]}`);
  const data = bytes.subarray(answerHeaderBytes);
  if (data.length !== length) {
    throw new ChunkFormatError(`${data.length} bytes where ${length} were asked for`);
  }
  if (crc32(data) !== bytes.readUInt32LE(4)) {
    throw new ChunkFormatError('the checksum of a piece does not fit');
  }
  return { kind: 'data', data };
}

function readCounter(bytes: Buffer, at: number): number {
  const number = bytes.readDoubleLE(at);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new ChunkFormatError(`${number} is no counter`);
  }
  return number;
}
