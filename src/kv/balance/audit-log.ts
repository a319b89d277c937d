/**
 * The audit log: numbered documents, one per change, written in the change's own transaction. That
 * every change takes the next number also puts all changes into one order: two that were decided
 * from the same documents cannot both be written.
 */
import type { AuditDocument } from './audit-document.js';
import type { Author } from './author.js';
import type { ClusterDocuments } from './cluster-documents.js';

/** Older entries make room for new ones. */
export const auditEntriesMax = 1_000;

export interface AuditedChange {
  readonly action: string;
  readonly subject: string;
  readonly before?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
}

/** The changes with their entry in the log. */
export function audited(
  { audit }: Pick<ClusterDocuments, 'audit'>,
  { nowMs: atMs, actor, reason, requestId, token }: Author,
  change: AuditedChange,
  changes: Iterable<readonly [string, object | undefined]>,
): Map<string, object | undefined> {
  const number = Math.max(0, ...audit.keys()) + 1;
  const entry: AuditDocument = { number, atMs, actor, reason, requestId, token, ...change };
  const all = new Map([...changes, [`audit/${number}`, entry] as const]);
  if (audit.has(number - auditEntriesMax)) all.set(`audit/${number - auditEntriesMax}`, undefined);
  return all;
}

/** What the change with this token was made to, when it was made. */
export function madeBy(
  { audit }: Pick<ClusterDocuments, 'audit'>,
  token: string,
): string | undefined {
  for (const entry of audit.values()) if (entry.token === token) return entry.subject;
  return undefined;
}
