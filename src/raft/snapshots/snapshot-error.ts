/**
 * What goes wrong with one snapshot file. The node goes on, the file is given up: whoever wanted
 * it asks for another one.
 */
export type SnapshotErrorCode =
  /** There is no such file here. */
  | 'missing'
  /** The file is not what it says, or not for this group, cluster or version. */
  | 'refused'
  /** There is no state here to make a snapshot of, or none with a known term. */
  | 'no-state'
  /** No space is left. */
  | 'full'
  /** The disk failed while a snapshot file was read or written. */
  | 'io'
  /** It took longer than it may: an open reader keeps SQLite's log from being restarted. */
  | 'late'
  /** Overtaken by a drop, another receiver or the end of the node. */
  | 'abandoned';

export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: SnapshotErrorCode;

  constructor(code: SnapshotErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
