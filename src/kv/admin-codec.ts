/**
 * What travels inside a peer request when a node asks a shard's leader to change its members or to
 * give its leadership away, and the answer. The byte tables are in DESIGN.md ("Administration
 * between nodes"). An answer is JSON: it is rare, for people, and grows.
 */
import { z } from 'zod';
import { invariant } from '../raft/core/invariant.js';
import type { GroupId, NodeId } from '../raft/core/types.js';
import { decodeError, encodeError } from './error-codec.js';
import type { KvError } from './errors.js';
import {
  type MembershipAnswer,
  type MembershipRequest,
  membershipStepKinds,
  type TransferAnswer,
  type TransferRequest,
} from './service.js';

/** First byte of the body: tells such a request from the others between nodes. */
export const adminRequestKind = 0x12;

export type AdminRequest = { readonly requestId: string; readonly shard: GroupId } & (
  | { readonly kind: 'members'; readonly request: MembershipRequest }
  | { readonly kind: 'transfer'; readonly request: TransferRequest }
  /** "You are about to lead because an operator wants it": no balancing for a while. */
  | { readonly kind: 'keep-leadership' }
);

export type AdminAnswer =
  | { readonly kind: 'members'; readonly answer: MembershipAnswer }
  | { readonly kind: 'transfer'; readonly answer: TransferAnswer }
  | { readonly kind: 'noted' }
  | { readonly kind: 'error'; readonly error: KvError };

/** Bytes that are no request or answer of this version. */
export class AdminFormatError extends Error {
  override readonly name = 'AdminFormatError';
}

const version = 1;
const headerBytes = 21;
const requestIdBytesMax = 255;
const actions = ['add', 'promote', 'demote', 'remove', 'replace', 'transfer', 'keep'] as const;
const Flag = { learner: 1, force: 2, dryRun: 4, expectedEpoch: 8 } as const;
const allFlags = 15;
const answerKinds = ['members', 'transfer', 'noted', 'error'] as const;
/** Stands for the best follower where a node could be named. */
const noNode = 0;

interface Fields {
  readonly action: (typeof actions)[number];
  readonly flags: number;
  readonly node: NodeId;
  readonly by: NodeId;
  readonly expectedEpoch: number;
}

export function encodeAdminRequest(admin: AdminRequest): Buffer {
  const { action, flags, node, by, expectedEpoch } = fieldsOf(admin);
  const requestId = Buffer.from(admin.requestId.slice(0, requestIdBytesMax), 'latin1');
  invariant(node <= 0xffff && by <= 0xffff, 'node ids have 16 bits');
  const out = Buffer.alloc(headerBytes + requestId.length);
  out[0] = adminRequestKind;
  out[1] = version;
  out[2] = actions.indexOf(action) + 1;
  out[3] = flags;
  out.writeUInt32LE(admin.shard, 4);
  out.writeUInt16LE(node, 8);
  out.writeUInt16LE(by, 10);
  out.writeDoubleLE(expectedEpoch, 12);
  out[20] = requestId.length;
  out.set(requestId, headerBytes);
  return out;
}

function fieldsOf(admin: AdminRequest): Fields {
  const none = { flags: 0, node: noNode, by: noNode, expectedEpoch: 0 };
  if (admin.kind === 'keep-leadership') return { ...none, action: 'keep' };
  const dryRun = admin.request.dryRun ? Flag.dryRun : 0;
  if (admin.kind === 'transfer') {
    const { to } = admin.request;
    return { ...none, action: 'transfer', flags: dryRun, node: to === 'best' ? noNode : to };
  }
  const { request } = admin;
  const { action, node, expectedEpoch } = request;
  const learner = action === 'add' && request.learner ? Flag.learner : 0;
  const force = (action === 'add' || action === 'replace') && request.force ? Flag.force : 0;
  const expects = expectedEpoch === undefined ? 0 : Flag.expectedEpoch;
  const by = action === 'replace' ? request.by : noNode;
  const flags = learner | force | dryRun | expects;
  return { action, flags, node, by, expectedEpoch: expectedEpoch ?? 0 };
}

/** Throws AdminFormatError. */
export function decodeAdminRequest(bytes: Buffer): AdminRequest {
  const known = bytes[0] === adminRequestKind && bytes[1] === version;
  const action = actions[(bytes[2] ?? 0) - 1];
  if (!known || action === undefined || bytes.length < headerBytes) {
    throw new AdminFormatError('not an administration request of this version');
  }
  const flags = bytes.readUInt8(3);
  const expectedEpoch = bytes.readDoubleLE(12);
  const length = headerBytes + bytes.readUInt8(20);
  if (flags > allFlags || !Number.isSafeInteger(expectedEpoch) || bytes.length !== length) {
    throw new AdminFormatError('an administration request with fields that cannot be');
  }
  const shard = bytes.readUInt32LE(4);
  const requestId = bytes.toString('latin1', headerBytes);
  const fields = { action, flags, node: bytes.readUInt16LE(8), by: bytes.readUInt16LE(10) };
  const dryRun = (flags & Flag.dryRun) !== 0;
  if (action === 'keep') return { kind: 'keep-leadership', requestId, shard };
  if (action === 'transfer') {
    const to = fields.node === noNode ? 'best' : fields.node;
    return { kind: 'transfer', requestId, shard, request: { to, dryRun } };
  }
  const request = membershipRequest({ ...fields, action, expectedEpoch });
  return { kind: 'members', requestId, shard, request };
}

function membershipRequest(
  fields: Fields & { readonly action: MembershipRequest['action'] },
): MembershipRequest {
  const { action, flags, node, by, expectedEpoch } = fields;
  const common = {
    node,
    dryRun: (flags & Flag.dryRun) !== 0,
    ...((flags & Flag.expectedEpoch) !== 0 && { expectedEpoch }),
  };
  const force = (flags & Flag.force) !== 0;
  if (action === 'add') {
    return { ...common, action, force, learner: (flags & Flag.learner) !== 0 };
  }
  return action === 'replace' ? { ...common, action, by, force } : { ...common, action };
}

export function encodeAdminAnswer(answer: AdminAnswer): Buffer {
  const head = Buffer.from([version, answerKinds.indexOf(answer.kind) + 1]);
  switch (answer.kind) {
    case 'noted':
      return head;
    case 'error':
      return Buffer.concat([head, encodeError(answer.error)]);
    default:
      return Buffer.concat([head, Buffer.from(JSON.stringify(answer.answer), 'utf8')]);
  }
}

const id = z.int().min(0);

const memberShape = z.object({
  node: id,
  replica: id,
  role: z.enum(['voter', 'incoming', 'outgoing', 'learner']),
  progress: z
    .object({
      state: z.enum(['probe', 'replicate', 'snapshot']),
      match: id,
      lag: id,
      active: z.boolean(),
    })
    .exactOptional(),
});

const membersShape = z.object({
  shard: id,
  node: id,
  state: z.enum(['done', 'running', 'planned']),
  changed: z.boolean(),
  detail: z.string(),
  steps: z.array(
    z.object({
      step: z.enum(membershipStepKinds),
      node: id,
      state: z.enum(['done', 'running', 'waiting']),
      detail: z.string(),
    }),
  ),
  epoch: id,
  members: z.array(memberShape),
});

const transferShape = z.object({
  shard: id,
  node: id,
  state: z.enum(['done', 'planned']),
  changed: z.boolean(),
  leader: id,
  term: id,
  detail: z.string(),
});

/** Throws AdminFormatError: nothing is known of the request then. */
export function decodeAdminAnswer(bytes: Buffer): AdminAnswer {
  const kind = answerKinds[(bytes[1] ?? 0) - 1];
  if (bytes[0] !== version || kind === undefined) {
    throw new AdminFormatError('not an answer of this version');
  }
  const body = bytes.subarray(2);
  switch (kind) {
    case 'noted':
      return { kind };
    case 'error': {
      const error = decodeError(body);
      if (error === undefined) throw new AdminFormatError('no error answer of this version');
      return { kind, error };
    }
    case 'members':
      return { kind, answer: parse(membersShape, body) };
    case 'transfer':
      return { kind, answer: parse(transferShape, body) };
  }
}

function parse<T extends z.ZodType>(shape: T, body: Buffer): z.output<T> {
  try {
    return shape.parse(JSON.parse(body.toString('utf8')));
  } catch {
    throw new AdminFormatError('an answer with fields that cannot be');
  }
}
