/**
 * What the leader of a shard asks a follower when it compares states, and tells one whose state is
 * damaged: the bytes inside a request between two nodes. Byte tables: DESIGN.md.
 */
import type { GroupId, Index } from '../raft/core/types.js';

/** First byte of a request's body, which says who of a node takes it. */
export const stateHashRequestType = 0x11;

const version = 1;
const requestBytes = 24;
const answerBytes = 16;
const RequestKind = { ask: 0, verdict: 1 } as const;
const AnswerKind = { hash: 0, later: 1, unknown: 2 } as const;

/** `verdict`: the majority's hash; whoever had another one there is damaged. */
export type StateHashRequest = { readonly group: GroupId; readonly index: Index } & (
  | { readonly kind: 'ask' }
  | { readonly kind: 'verdict'; readonly hash: bigint }
);

/** `later`: not applied yet. `unknown`: not here, or not any more. */
export type StateHashAnswer =
  | { readonly kind: 'hash'; readonly hash: bigint }
  | { readonly kind: 'later' }
  | { readonly kind: 'unknown' };

export class StateHashFormatError extends Error {
  override readonly name = 'StateHashFormatError';
}

export function encodeStateHashRequest(request: StateHashRequest): Buffer {
  const out = Buffer.alloc(requestBytes);
  out[0] = stateHashRequestType;
  out[1] = version;
  out[2] = RequestKind[request.kind];
  out.writeUInt32LE(request.group, 4);
  out.writeDoubleLE(request.index, 8);
  if (request.kind === 'verdict') out.writeBigUInt64LE(request.hash, 16);
  return out;
}

export function decodeStateHashRequest(bytes: Buffer): StateHashRequest {
  if (bytes.length !== requestBytes || bytes[1] !== version) {
    throw new StateHashFormatError('not a request of this version');
  }
  const index = bytes.readDoubleLE(8);
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new StateHashFormatError(`${index} is no index`);
  }
  const at = { group: bytes.readUInt32LE(4), index };
  if (bytes[2] === RequestKind.ask) return { ...at, kind: 'ask' };
  if (bytes[2] !== RequestKind.verdict) throw new StateHashFormatError('no such request');
  return { ...at, kind: 'verdict', hash: bytes.readBigUInt64LE(16) };
}

export function encodeStateHashAnswer(answer: StateHashAnswer): Buffer {
  const out = Buffer.alloc(answerBytes);
  out[0] = version;
  out[1] = AnswerKind[answer.kind];
  if (answer.kind === 'hash') out.writeBigUInt64LE(answer.hash, 8);
  return out;
}

export function decodeStateHashAnswer(bytes: Buffer): StateHashAnswer {
  if (bytes.length !== answerBytes || bytes[0] !== version) {
    throw new StateHashFormatError('not an answer of this version');
  }
  if (bytes[1] === AnswerKind.hash) return { kind: 'hash', hash: bytes.readBigUInt64LE(8) };
  if (bytes[1] === AnswerKind.later) return { kind: 'later' };
  if (bytes[1] === AnswerKind.unknown) return { kind: 'unknown' };
  throw new StateHashFormatError('no such answer');
}
