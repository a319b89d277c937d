/**
 * What travels inside a peer request when a node asks another one to serve a write or a read, and
 * the answer. The byte tables are in DESIGN.md ("Forwarded requests"). Both ends run in one
 * cluster but perhaps not in one version, so both begin with a version byte.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId } from '../../raft/core/types.js';
import { KvError, type KvErrorCode, type KvErrorFacts, kvErrors } from '../errors.js';
import type { ReadAnswer, WriteAnswer } from '../service.js';
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
const requestHeaderBytes = 36;
const answerHeaderBytes = 28;
const requestTypes = ['put', 'delete', 'linearizable', 'stale'] as const;
const outcomes = ['created', 'replaced', 'deleted', 'absent', 'precondition-failed'] as const;
const Match = { none: 0, any: 1, revision: 2 } as const;
const Kind = { write: 1, found: 2, missing: 3, error: 4 } as const;

/** A number that is not there, in a field that is never negative. */
const absent = -1;

export function encodeRequest(request: ForwardedRequest): Buffer {
  const idBytes = Buffer.byteLength(request.requestId, 'latin1');
  const typeBytes = Buffer.byteLength(request.contentType, 'utf8');
  invariant(idBytes <= 255, 'a request id is short');
  const { key, value, condition } = request;
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
  at += out.write(request.requestId, at, 'latin1');
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
  if (valueAt > bytes.length || typeAt === keyAt) {
    throw new ForwardFormatError(`${bytes.length} bytes do not hold the announced fields`);
  }
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
    contentType: bytes.toString('utf8', typeAt, valueAt),
    value: bytes.subarray(valueAt),
    ...(maxStalenessMs >= 0 && { maxStalenessMs }),
  };
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
  header.writeDoubleLE(answer.stalenessMs ?? absent, 20);
  if (found === undefined) return header;
  const contentType = Buffer.from(found.contentType, 'utf8');
  const meta = Buffer.allocUnsafe(10);
  meta.writeDoubleLE(found.revision, 0);
  meta.writeUInt16LE(contentType.length, 8);
  return Buffer.concat([header, meta, contentType, found.value]);
}

export function encodeErrorAnswer(error: KvError): Buffer {
  const { code, facts, message } = error;
  const text = Buffer.from(JSON.stringify({ code, facts, message }), 'utf8');
  return Buffer.concat([Buffer.from([version, Kind.error]), text]);
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
  if (kind === Kind.error) return { kind: 'error', error: decodeError(bytes.subarray(2)) };
  if (bytes.length < answerHeaderBytes) throw new ForwardFormatError('an answer is cut off');
  const decided = {
    shard: bytes.readUInt32LE(4),
    node: bytes.readUInt32LE(8),
    shardRevision: bytes.readDoubleLE(12),
  };
  const number = bytes.readDoubleLE(20);
  const optional = number >= 0 ? number : undefined;
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
    revision: bytes.readDoubleLE(answerHeaderBytes),
    contentType: bytes.toString('utf8', typeAt, valueAt),
    value: bytes.subarray(valueAt),
  };
}

function decodeError(text: Buffer): KvError {
  try {
    const { code, facts, message } = JSON.parse(text.toString('utf8')) as {
      code: KvErrorCode;
      facts: KvErrorFacts;
      message: string;
    };
    if (Object.hasOwn(kvErrors, code)) return new KvError(code, facts, message);
  } catch {
    // Falls through: an error that cannot be read is an answer that cannot be read.
  }
  throw new ForwardFormatError('an error answer cannot be read');
}
