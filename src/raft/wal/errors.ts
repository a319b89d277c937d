/**
 * What can be wrong with the log on the disk. Each error says where and what to do about it,
 * because it is read by somebody whose node has just stopped. Branch on `code`.
 */
import { isDiskFull } from './file-system.js';

export type WalErrorCode =
  /** Bytes that were acknowledged cannot be read back. */
  | 'wal_corrupt'
  /** The folder holds something else, or segments of another place in the log. */
  | 'wal_foreign'
  /** Written by a newer version of Kvorum. */
  | 'wal_version'
  /** A write or sync failed. */
  | 'wal_write_failed'
  /** A read failed in the operating system. */
  | 'wal_read_failed'
  /** No room for the next segment. */
  | 'wal_full'
  | 'wal_closed';

const ADVICE: Record<WalErrorCode, string> = {
  wal_corrupt:
    'Acknowledged data is damaged and was not cut. Do not edit or delete the file: ' +
    '`kvorum wal dump` shows what is readable. Check the disk. If the other replicas are ' +
    'healthy, take this node out of the cluster and add it again with an empty data folder ' +
    'and a new node id.',
  wal_foreign:
    'Check that the configured data folder is the one of this node; nothing was changed.',
  wal_version: 'Start the newer version of Kvorum again; nothing was changed.',
  wal_write_failed:
    'The node stopped acknowledging. Check the disk (dmesg, free space, mount options), then ' +
    'restart.',
  wal_read_failed: 'The node stopped. Check the disk (dmesg, permissions), then restart.',
  wal_full: 'The node stopped acknowledging. Free some disk space, then restart.',
  wal_closed: 'The log was closed; this is the end of a shutdown, or a mistake in the caller.',
};

export interface WalErrorPlace {
  readonly file?: string;
  readonly offset?: number;
  readonly cause?: unknown;
}

export class WalError extends Error {
  override readonly name = 'WalError';
  readonly code: WalErrorCode;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly advice: string;

  constructor(code: WalErrorCode, what: string, place: WalErrorPlace = {}) {
    const where =
      place.file === undefined
        ? ''
        : ` (${place.file}${place.offset === undefined ? '' : ` at offset ${place.offset}`})`;
    super(`${what}${where}. ${ADVICE[code]}`, { cause: place.cause });
    this.code = code;
    this.file = place.file;
    this.offset = place.offset;
    this.advice = ADVICE[code];
  }
}

export function readFailure(file: string, offset: number, cause: unknown): WalError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WalError('wal_read_failed', `reading the log failed: ${why}`, { file, offset, cause });
}

export function writeFailure(what: string, cause: unknown, file?: string): WalError {
  if (cause instanceof WalError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = isDiskFull(cause) ? 'wal_full' : 'wal_write_failed';
  return new WalError(code, `${what}: ${why}`, file === undefined ? { cause } : { file, cause });
}
