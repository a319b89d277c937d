/**
 * Every way the state of a node can fail. All of them end the node's service: the message names
 * the file and what was being done, so that an operator knows where to look.
 */
export type StoreErrorCode =
  /** A read, write or sync failed. */
  | 'io'
  /** No space is left. */
  | 'full'
  /** Another connection holds a lock that only this node may hold. */
  | 'busy'
  /** A page, a row or a committed entry does not make sense. */
  | 'corrupt'
  /** The file is not ours, of another cluster, or of a newer format. */
  | 'format'
  /** Used after `close()` or before `open()`. */
  | 'closed';

export interface StoreErrorDetail {
  readonly code: StoreErrorCode;
  readonly file: string;
  /** What was being done, as in "commit" or "checkpoint". */
  readonly action: string;
  readonly reason: string;
  readonly cause?: unknown;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly file: string;
  readonly action: string;

  constructor(detail: StoreErrorDetail) {
    super(`${detail.file}: ${detail.action} failed: ${detail.reason}`, { cause: detail.cause });
    this.code = detail.code;
    this.file = detail.file;
    this.action = detail.action;
  }
}

/** What SQLite, the file system or the worker threw, as a StoreError. */
export function storeError(cause: unknown, at: { file: string; action: string }): StoreError {
  if (cause instanceof StoreError) return cause;
  const system = systemCode(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const reason = system === '' ? message : `${message} (${system})`;
  return new StoreError({ ...at, code: classify(system), reason, cause });
}

/** True for what SQLite throws when a page of the file does not make sense. */
export function isDamage(cause: unknown): boolean {
  const code = classify(systemCode(cause));
  return code === 'corrupt' || code === 'format';
}

function systemCode(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}

function classify(system: string): StoreErrorCode {
  if (system === 'ENOSPC' || system === 'EDQUOT' || system.startsWith('SQLITE_FULL')) return 'full';
  if (system.startsWith('SQLITE_BUSY') || system.startsWith('SQLITE_LOCKED')) return 'busy';
  if (system.startsWith('SQLITE_CORRUPT')) return 'corrupt';
  if (system.startsWith('SQLITE_NOTADB')) return 'format';
  return 'io';
}
