/**
 * What travels inside a peer request when a node asks another one to serve a write or a read, and
 * the answer. The byte tables are in DESIGN.md ("Forwarded requests"). Both ends run in one
 * cluster but perhaps not in one version, so both begin with a version byte.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId } from '../../raft/core/types.js';
import { decodeError, encodeError } from '../error-codec.js';
import type { KvError } from '../errors.js';
import type { ReadAnswer, WriteAnswer } from '../service.js';
import { contentTypeBytesMax, keyBytesMax, valueBytesMax } from '../store/command.js';
import type { Condition, Revision } from '../store/types.js';

export interface ForwardedRequest {
  readonly type: 'put' | 'delete' | 'linearizable' | 'stale';
  readonly requestId: string;
  readonly group: GroupId;
  readonly key: Buffer;
  readonly condition: Condition;
  readonly contentType: string;
  readonly value: Buffer;
  readonly maxStalenessMs?: number;
}

export type ForwardedAnswer =
  | { readonly kind: 'write'; readonly answer: WriteAnswer }
  | { readonly kind: 'read'; readonly answer: ReadAnswer }
  | { readonly kind: 'error'; readonly error: KvError };

/** Bytes that are no request or answer of this version. */
export class ForwardFormatError extends Error {
  override readonly name = 'ForwardFormatError';
}

const version = 1;
export const requestIdBytesMax = 255;
const requestHeaderBytes = 36;
const answerHeaderBytes = 28;
const requestTypes = ['put', 'delete', 'linearizable', 'stale'] as const;
const outcomes = ['created', 'replaced', 'deleted', 'absent', 'precondition-failed'] as const;
const Match = { none: 0, any: 1, revision: 2 } as const;
const Kind = { write: 1, found: 2, missing: 3, error: 4 } as const;

/** A number that is not there, in a field that is never negative. */
const absent = -1;

export function encodeRequest(request: ForwardedRequest): Buffer {
  const { key, value, condition } = request;
  // Only for log lines: what is too long for them is cut.
  const requestId = request.requestId.slice(0, requestIdBytesMax);
  const idBytes = requestId.length;
  const typeBytes = Buffer.byteLength(request.contentType, 'utf8');
  invariant(key.length >= 1 && key.length <= keyBytesMax, 'the key is within its limit');
  invariant(typeBytes <= contentTypeBytesMax, 'the content type is within its limit');
  invariant(value.length <= valueBytesMax, 'the value is within its limit');
  const size = requestHeaderBytes + idBytes + key.length + typeBytes + value.length;
  const out = Buffer.allocUnsafe(size);
  out[0] = version;
  out[1] = requestTypes.indexOf(request.type);
  out[2] = matchKind(condition.ifMatch) | (matchKind(condition.ifNoneMatch) << 2);
  out[3] = idBytes;
  out.writeUInt32LE(request.group, 4);
  out.writeUInt16LE(key.length, 8);
  out.writeUInt16LE(typeBytes, 10);
  out.writeDoubleLE(revisionOf(condition.ifMatch), 12);
  out.writeDoubleLE(revisionOf(condition.ifNoneMatch), 20);
  out.writeDoubleLE(request.maxStalenessMs ?? absent, 28);
  let at = requestHeaderBytes;
  at += out.write(requestId, at, 'latin1');
  out.set(key, at);
  at += key.length;
  at += out.write(request.contentType, at, 'utf8');
  out.set(value, at);
  return out;
}

/** The buffers of the result are views into `bytes`. Throws ForwardFormatError. */
export function decodeRequest(bytes: Buffer): ForwardedRequest {
  const type = requestTypes[bytes[1] ?? requestTypes.length];
  if (bytes.length < requestHeaderBytes || bytes[0] !== version || type === undefined) {
    throw new ForwardFormatError('not a forwarded request of this version');
  }
  const flags = bytes.readUInt8(2);
  const keyAt = requestHeaderBytes + bytes.readUInt8(3);
  const typeAt = keyAt + bytes.readUInt16LE(8);
  const valueAt = typeAt + bytes.readUInt16LE(10);
  if (valueAt > bytes.length) {
    throw new ForwardFormatError(`${bytes.length} bytes do not hold the announced fields`);
  }
  const contentType = valueAt === typeAt ? '' : bytes.toString('utf8', typeAt, valueAt);
  checkLimits({ keyBytes: typeAt - keyAt, valueBytes: bytes.length - valueAt, contentType });
  const maxStalenessMs = bytes.readDoubleLE(28);
  return {
    type,
    requestId: bytes.toString('latin1', requestHeaderBytes, keyAt),
    group: bytes.readUInt32LE(4),
    key: bytes.subarray(keyAt, typeAt),
    condition: {
      ...matchField('ifMatch', flags & 3, bytes.readDoubleLE(12)),
      ...matchField('ifNoneMatch', flags >> 2, bytes.readDoubleLE(20)),
    },
    contentType,
    value: bytes.subarray(valueAt),
    ...(maxStalenessMs >= 0 && { maxStalenessMs }),
  };
}

/** A write within these can be proposed; one beyond them is a programmer error further down. */
function checkLimits(field: { keyBytes: number; valueBytes: number; contentType: string }): void {
  const { keyBytes, valueBytes, contentType } = field;
  // Measured after decoding: bytes that are not UTF-8 grow when they are replaced.
  const typeBytes = contentType === '' ? 0 : Buffer.byteLength(contentType, 'utf8');
  if (keyBytes < 1 || keyBytes > keyBytesMax) {
    throw new ForwardFormatError(`a key of ${keyBytes} bytes`);
  }
  if (typeBytes > contentTypeBytesMax) {
    throw new ForwardFormatError(`a content type of ${typeBytes} bytes`);
  }
  if (valueBytes > valueBytesMax) {
    throw new ForwardFormatError(`a value of ${valueBytes} bytes`);
  }
}

function matchKind(match: '*' | Revision | undefined): number {
  if (match === undefined) return Match.none;
  return match === '*' ? Match.any : Match.revision;
}

function revisionOf(match: '*' | Revision | undefined): number {
  return typeof match === 'number' ? match : absent;
}

function matchField(name: 'ifMatch' | 'ifNoneMatch', kind: number, revision: number): Condition {
  if (kind === Match.none) return {};
  if (kind === Match.any) return { [name]: '*' };
  if (kind !== Match.revision || !Number.isSafeInteger(revision) || revision < 0) {
    throw new ForwardFormatError(`no such condition: ${kind} ${revision}`);
  }
  return { [name]: revision };
}

export function encodeWriteAnswer(answer: WriteAnswer): Buffer {
  const out = answerHeader(Kind.write, answer);
  out[2] = outcomes.indexOf(answer.outcome);
  const current = answer.outcome === 'precondition-failed' ? answer.current : undefined;
  out.writeDoubleLE(current ?? absent, 20);
  return out;
}

export function encodeReadAnswer(answer: ReadAnswer): Buffer {
  const { found } = answer;
  const header = answerHeader(found === undefined ? Kind.missing : Kind.found, answer);
  const { stalenessMs } = answer;
  header.writeDoubleLE(stalenessMs === undefined ? absent : Math.ceil(stalenessMs), 20);
  if (found === undefined) return header;
  const contentType = Buffer.from(found.contentType, 'utf8');
  const meta = Buffer.allocUnsafe(10);
  meta.writeDoubleLE(found.revision, 0);
  meta.writeUInt16LE(contentType.length, 8);
  return Buffer.concat([header, meta, contentType, found.value]);
}

export function encodeErrorAnswer(error: KvError): Buffer {
  return Buffer.concat([Buffer.from([version, Kind.error]), encodeError(error)]);
}

function answerHeader(
  kind: number,
  decided: { shard: GroupId; node: number; shardRevision: Revision },
): Buffer {
  const out = Buffer.alloc(answerHeaderBytes);
  out[0] = version;
  out[1] = kind;
  out.writeUInt32LE(decided.shard, 4);
  out.writeUInt32LE(decided.node, 8);
  out.writeDoubleLE(decided.shardRevision, 12);
  return out;
}

/** Throws ForwardFormatError: nothing is known of the request then. */
export function decodeAnswer(bytes: Buffer): ForwardedAnswer {
  const kind = bytes[1];
  if (bytes[0] !== version) throw new ForwardFormatError('not an answer of this version');
  if (kind === Kind.error) {
    const error = decodeError(bytes.subarray(2));
    if (error === undefined) throw new ForwardFormatError('no error answer of this version');
    return { kind: 'error', error };
  }
  if (bytes.length < answerHeaderBytes) throw new ForwardFormatError('an answer is cut off');
  const decided = {
    shard: bytes.readUInt32LE(4),
    node: bytes.readUInt32LE(8),
    shardRevision: readCounter(bytes, 12),
  };
  const optional = bytes.readDoubleLE(20) === absent ? undefined : readCounter(bytes, 20);
  if (kind === Kind.write) {
    const outcome = outcomes[bytes[2] ?? outcomes.length];
    if (outcome === undefined) throw new ForwardFormatError('no such outcome');
    const answer: WriteAnswer =
      outcome === 'precondition-failed'
        ? { ...decided, outcome, current: optional }
        : { ...decided, outcome };
    return { kind: 'write', answer };
  }
  if (kind !== Kind.found && kind !== Kind.missing) throw new ForwardFormatError('no such kind');
  const found = kind === Kind.found ? decodeFound(bytes) : undefined;
  const staleness = optional === undefined ? {} : { stalenessMs: optional };
  return { kind: 'read', answer: { ...decided, found, ...staleness } };
}

function decodeFound(bytes: Buffer): ReadAnswer['found'] {
  const typeAt = answerHeaderBytes + 10;
  if (bytes.length < typeAt) throw new ForwardFormatError('a read answer is cut off');
  const valueAt = typeAt + bytes.readUInt16LE(answerHeaderBytes + 8);
  if (bytes.length < valueAt) throw new ForwardFormatError('a read answer is cut off');
  return {
    revision: readCounter(bytes, answerHeaderBytes),
    contentType: bytes.toString('utf8', typeAt, valueAt),
    value: bytes.subarray(valueAt),
  };
}

function readCounter(bytes: Buffer, at: number): number {
  const number = bytes.readDoubleLE(at);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new ForwardFormatError(`${number} is no counter`);
  }
  return number;
}
