/**
 * All the file access of the log, small enough that a simulated disk can stand in for it.
 *
 * Everything is positioned and whole: a write that resolves has written every byte, a read hands
 * back how much there was. Nothing here retries: whoever calls decides what an error means, and
 * for the log it means the end (design, "failure").
 */

export interface FileSystem {
  /** Creates the folder and what is missing above it. */
  makeFolder(folder: string): Promise<void>;
  /** Names in the folder, sorted. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * `create` makes a new, empty file and fails when there is one; `write` and `read` need one.
   * `durable` is for the hot path: each write through it is on the disk when it resolves.
   */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Replaces `to` when it exists. Lasts after `syncFolder`, like every change of names. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
}

export type OpenMode = 'create' | 'write' | 'durable' | 'read';

export interface OpenFile {
  readonly path: string;
  size(): Promise<number>;
  /** Fills the file with zeros up to `bytes` and syncs on the way (design, "preparation"). */
  preallocate(bytes: number): Promise<void>;
  /** Writes the first `length` bytes of `bytes` at `position`. */
  write(bytes: Uint8Array, length: number, position: number): Promise<void>;
  /** Makes the content durable. A failure is final: the kernel forgets what it could not write. */
  datasync(): Promise<void>;
  /** Reads up to `length` bytes into the start of `into`; fewer only at the end of the file. */
  read(into: Uint8Array, length: number, position: number): Promise<number>;
  /** The same, at once. For entries that a lagging follower needs (`LogReader`). */
  readSync(into: Uint8Array, length: number, position: number): number;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A full disk is told apart from a broken one: the advice differs. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
