/**
 * The bytes of a command inside a Raft entry. Encoded once, by the leader; decoded by every
 * replica, so the layout is fixed and needs no allocation beyond the views into the entry.
 *
 * The byte table is in DESIGN.md ("Command"); `test/kv/store/fixtures` holds vectors. The first
 * byte is the version: bytes that were once committed must be readable for ever.
 */
import { invariant } from '../../raft/core/invariant.js';
import { CommandFormatError } from './command-format-error.js';
import { decodeDocuments, documentsBytesMax, encodeDocuments } from './document-command.js';
import type { Command, Condition, DocumentsCommand, Revision, WriteCommand } from './types.js';

export { CommandFormatError };

export const keyBytesMax = 1024;
export const contentTypeBytesMax = 1024;
/** What the format's users may configure as a value limit at most; HTTP allows less by default. */
export const valueBytesMax = 8 * 1024 * 1024;
/** Times are 48-bit milliseconds: good until the year 10889. */
export const timeMsMax = 2 ** 48 - 1;

const version = 1;
const Type = { put: 1, delete: 2, verify: 3, documents: 4 } as const;
const Match = { none: 0, any: 1, revision: 2 } as const;
const headerBytes = 24;
const revisionBytes = 8;
const epochMax = 2 ** 32 - 1;

export function encodeCommand(command: Command): Buffer {
  if (command.type === 'verify') return encodeHeader(Type.verify, command, headerBytes);
  if (command.type === 'documents') return encodeDocumentsCommand(command);
  const { key, condition } = command;
  const put = command.type === 'put';
  const contentTypeBytes = put ? textBytes(command.contentType) : 0;
  const valueBytes = put ? command.value.length : 0;
  checkLimits(command, contentTypeBytes);
  const match = matchKind(condition.ifMatch);
  const noneMatch = matchKind(condition.ifNoneMatch);
  const keyAt =
    headerBytes +
    (match === Match.revision ? revisionBytes : 0) +
    (noneMatch === Match.revision ? revisionBytes : 0);
  const bytes = keyAt + key.length + contentTypeBytes + valueBytes;
  const out = encodeHeader(put ? Type.put : Type.delete, command, bytes);
  out[2] = match | (noneMatch << 2);
  out.writeUInt16LE(key.length, 4);
  out.writeUInt16LE(contentTypeBytes, 6);
  out.writeUIntLE(put ? command.expiresMs : 0, 18, 6);
  let at = headerBytes;
  if (typeof condition.ifMatch === 'number') at = writeRevision(out, at, condition.ifMatch);
  if (typeof condition.ifNoneMatch === 'number') at = writeRevision(out, at, condition.ifNoneMatch);
  out.set(key, at);
  at += key.length;
  if (put) {
    if (contentTypeBytes > 0) out.write(command.contentType, at, 'utf8');
    out.set(command.value, at + contentTypeBytes);
  }
  return out;
}

function encodeDocumentsCommand(command: DocumentsCommand): Buffer {
  const json = encodeDocuments(command);
  invariant(json.length <= documentsBytesMax, `documents of ${json.length} bytes`);
  const out = encodeHeader(Type.documents, command, headerBytes + json.length);
  out.set(json, headerBytes);
  return out;
}

/** A new buffer of so many bytes with what all commands have; the rest of the header is zero. */
function encodeHeader(type: number, command: Command, bytes: number): Buffer {
  const { rangeEpoch, timeMs } = command;
  invariant(isCounter(rangeEpoch, epochMax), `range epoch ${rangeEpoch} is out of range`);
  invariant(isCounter(timeMs, timeMsMax), `time ${timeMs} is out of range`);
  const out = Buffer.allocUnsafe(bytes);
  out.fill(0, 0, headerBytes);
  out[0] = version;
  out[1] = type;
  out.writeUInt32LE(rangeEpoch, 8);
  out.writeUIntLE(timeMs, 12, 6);
  return out;
}

/** The result's buffers are views into `data`. Throws CommandFormatError, never reads outside. */
export function decodeCommand(data: Uint8Array): Command {
  const bytes = Buffer.isBuffer(data)
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes[0] !== version) throw wrongVersion(bytes);
  if (bytes.length < headerBytes) throw new CommandFormatError(`only ${bytes.length} bytes`);
  if (bytes[1] === Type.verify) return decodeVerify(bytes);
  if (bytes[1] === Type.documents) return decodeDocumentsCommand(bytes);
  const matches = bytes.readUInt8(2);
  if (matches > 0b1111 || bytes[3] !== 0) throw new CommandFormatError('unknown flags');
  const keyBytes = bytes.readUInt16LE(4);
  const contentTypeBytes = bytes.readUInt16LE(6);
  const condition = decodeCondition(bytes, matches);
  const keyAt = headerBytes + revisionBytes * revisionsIn(matches);
  const valueAt = keyAt + keyBytes + contentTypeBytes;
  if (keyBytes === 0 || keyBytes > keyBytesMax) {
    throw new CommandFormatError(`a key of ${keyBytes} bytes`);
  }
  if (contentTypeBytes > contentTypeBytesMax) {
    throw new CommandFormatError(`a content type of ${contentTypeBytes} bytes`);
  }
  if (valueAt > bytes.length || bytes.length - valueAt > valueBytesMax) {
    throw new CommandFormatError(`${bytes.length} bytes do not hold the announced fields`);
  }
  const header = {
    key: bytes.subarray(keyAt, keyAt + keyBytes),
    condition,
    rangeEpoch: bytes.readUInt32LE(8),
    timeMs: bytes.readUIntLE(12, 6),
  };
  const expiresMs = bytes.readUIntLE(18, 6);
  if (bytes[1] === Type.put) {
    const contentType =
      contentTypeBytes === 0 ? '' : bytes.toString('utf8', keyAt + keyBytes, valueAt);
    return { type: 'put', ...header, value: bytes.subarray(valueAt), contentType, expiresMs };
  }
  if (bytes[1] !== Type.delete) throw new CommandFormatError(`unknown type ${bytes[1]}`);
  if (bytes.length !== keyAt + keyBytes || expiresMs !== 0) {
    throw new CommandFormatError('a delete with a value, content type or expiry');
  }
  return { type: 'delete', ...header };
}

function decodeVerify(bytes: Buffer): Command {
  if (bytes.length !== headerBytes) {
    throw new CommandFormatError('a verify with more than an epoch and a time');
  }
  return { type: 'verify', ...decodeBareHeader(bytes, 'a verify') };
}

function decodeDocumentsCommand(bytes: Buffer): Command {
  if (bytes.length > headerBytes + documentsBytesMax) {
    throw new CommandFormatError(`documents of ${bytes.length} bytes`);
  }
  const content = decodeDocuments(bytes.subarray(headerBytes));
  return { type: 'documents', ...decodeBareHeader(bytes, 'documents'), ...content };
}

/** The header of a command without a key: an epoch, a time, and nothing else. */
function decodeBareHeader(bytes: Buffer, what: string): { rangeEpoch: number; timeMs: number } {
  const unused = [...bytes.subarray(2, 8), ...bytes.subarray(18, headerBytes)];
  if (unused.some((byte) => byte !== 0)) {
    throw new CommandFormatError(`${what} with more than an epoch and a time`);
  }
  return { rangeEpoch: bytes.readUInt32LE(8), timeMs: bytes.readUIntLE(12, 6) };
}

function decodeCondition(bytes: Buffer, matches: number): Condition {
  if (matches === 0) return noCondition;
  const match = matches & 0b11;
  const noneMatch = matches >> 2;
  if (match > Match.revision || noneMatch > Match.revision) {
    throw new CommandFormatError('unknown flags');
  }
  const noneMatchAt = headerBytes + (match === Match.revision ? revisionBytes : 0);
  const condition: { ifMatch?: '*' | Revision; ifNoneMatch?: '*' | Revision } = {};
  if (match === Match.any) condition.ifMatch = '*';
  if (match === Match.revision) condition.ifMatch = readRevision(bytes, headerBytes);
  if (noneMatch === Match.any) condition.ifNoneMatch = '*';
  if (noneMatch === Match.revision) condition.ifNoneMatch = readRevision(bytes, noneMatchAt);
  return condition;
}

const noCondition: Condition = Object.freeze({});

function revisionsIn(matches: number): number {
  return ((matches & 0b11) === Match.revision ? 1 : 0) + (matches >> 2 === Match.revision ? 1 : 0);
}

function matchKind(match: '*' | Revision | undefined): number {
  if (match === undefined) return Match.none;
  return match === '*' ? Match.any : Match.revision;
}

function writeRevision(out: Buffer, at: number, revision: Revision): number {
  invariant(Number.isSafeInteger(revision) && revision >= 0, `revision ${revision} is no counter`);
  out.writeUInt32LE(revision % 2 ** 32, at);
  out.writeUInt32LE(Math.floor(revision / 2 ** 32), at + 4);
  return at + revisionBytes;
}

function readRevision(bytes: Buffer, at: number): Revision {
  if (at + revisionBytes > bytes.length) throw new CommandFormatError('a revision is cut off');
  const revision = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  if (!Number.isSafeInteger(revision)) throw new CommandFormatError('a revision above 2^53');
  return revision;
}

/** Whoever builds a command has checked these before and told the client; here they are bugs. */
function checkLimits(command: WriteCommand, contentTypeBytes: number): void {
  const { key } = command;
  invariant(key.length > 0 && key.length <= keyBytesMax, `a key of ${key.length} bytes`);
  if (command.type === 'delete') return;
  const { value, expiresMs } = command;
  invariant(value.length <= valueBytesMax, `a value of ${value.length} bytes`);
  invariant(contentTypeBytes <= contentTypeBytesMax, `a content type of ${contentTypeBytes} bytes`);
  invariant(isCounter(expiresMs, timeMsMax), `expiry ${expiresMs} is out of range`);
}

function isCounter(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function textBytes(text: string): number {
  return text === '' ? 0 : Buffer.byteLength(text, 'utf8');
}

function wrongVersion(bytes: Buffer): CommandFormatError {
  return bytes.length === 0
    ? new CommandFormatError('no bytes at all')
    : new CommandFormatError(
        `command format ${bytes[0]} is not known to this version, which reads ${version}`,
      );
}
