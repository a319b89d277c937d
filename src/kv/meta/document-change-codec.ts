/**
 * A change of documents on its way from the node that decided it to the leader of the meta group,
 * and the answer. The change is JSON as in the log; the answer is a few numbers.
 *
 *   request  0x14, 1 (version), JSON of the change
 *   answer   1 (version), kind (1 changed, 2 conflict, 3 not the leader, 4 nobody knows,
 *            5 overloaded), leader u16 (3 only; 0: unknown),
 *            revision double (1 and 2)                                       12 bytes
 */
import type { NodeId } from '../../raft/core/types.js';
import { CommandFormatError } from '../store/command-format-error.js';
import {
  type DocumentsContent,
  decodeDocuments,
  encodeDocuments,
} from '../store/document-command.js';
import type { Revision } from '../store/types.js';

/** First byte of a request's body, which says who of a node takes it. */
export const documentChangeRequestType = 0x14;

/** `unknown`: it may have been applied, or may be later. All others but `changed` did nothing. */
export type ChangeOutcome =
  | { readonly kind: 'changed' | 'conflict'; readonly revision: Revision }
  | { readonly kind: 'not-leader'; readonly leader: NodeId | undefined }
  | { readonly kind: 'unknown' | 'overloaded' };

const version = 1;
const kinds = ['changed', 'conflict', 'not-leader', 'unknown', 'overloaded'] as const;
const answerBytes = 12;

export function encodeChangeRequest(change: DocumentsContent): Buffer {
  return Buffer.concat([Buffer.of(documentChangeRequestType, version), encodeDocuments(change)]);
}

/** Undefined: another version's, and nothing was done. */
export function decodeChangeRequest(body: Buffer): DocumentsContent | undefined {
  if (body[1] !== version) return undefined;
  try {
    return decodeDocuments(body.subarray(2));
  } catch (error) {
    if (error instanceof CommandFormatError) return undefined;
    throw error;
  }
}

export function encodeChangeAnswer(outcome: ChangeOutcome): Buffer {
  const out = Buffer.alloc(answerBytes);
  out[0] = version;
  out[1] = kinds.indexOf(outcome.kind) + 1;
  if (outcome.kind === 'not-leader') out.writeUInt16LE(outcome.leader ?? 0, 2);
  if ('revision' in outcome) out.writeDoubleLE(outcome.revision, 4);
  return out;
}

/** What cannot be read tells nothing. */
export function decodeChangeAnswer(bytes: Buffer): ChangeOutcome {
  const kind = kinds[(bytes[1] ?? 0) - 1];
  if (bytes.length !== answerBytes || bytes[0] !== version || kind === undefined) {
    return { kind: 'unknown' };
  }
  if (kind === 'not-leader') {
    const leader = bytes.readUInt16LE(2);
    return { kind, leader: leader === 0 ? undefined : leader };
  }
  if (kind !== 'changed' && kind !== 'conflict') return { kind };
  const revision = bytes.readDoubleLE(4);
  return Number.isSafeInteger(revision) && revision > 0 ? { kind, revision } : { kind: 'unknown' };
}
