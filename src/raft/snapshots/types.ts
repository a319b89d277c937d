/**
 * The files that snapshots are, as the host sees them: made here, sent in pieces, received in
 * pieces, installed. The state machine implements it; what is inside a file is its own business.
 *
 * A file is named by its group and the last entry that it covers (`EntryId`). A *made* file is
 * for sending and does not outlive the process. A *received* one is complete, checked and durable
 * under its name before anything refers to it, and stays until its state is durable.
 */
import type { EntryId, GroupId } from '../core/types.js';

/** A complete file. `term` is the term of the entry at `index`, never the node's own (D9). */
export interface SnapshotFile extends EntryId {
  readonly bytes: number;
  /** CRC-32 of the whole file. */
  readonly checksum: number;
}

export interface SnapshotFiles {
  /**
   * Makes a file of the group's state as it is when the work begins, off the loop; calls queue up,
   * one file is made at a time. Answers with the file there is when nothing was applied since.
   * Rejects with SnapshotError when there is no state that a log could go on from, when the disk
   * is full or when it takes too long; nothing is left then.
   */
  make(group: GroupId): Promise<SnapshotFile>;
  /** Bytes of a made file; fewer than `length` only at its end. Rejects when it is gone. */
  read(group: GroupId, id: EntryId, offset: number, length: number): Promise<Buffer>;
  /** Removes the file, made or received; not one that is being installed. No file: no error. */
  discard(group: GroupId, id: EntryId): Promise<void>;
  /**
   * Begins to receive. A file of the same name that is being received already is abandoned: its
   * sink refuses from then on.
   */
  receive(group: GroupId, snapshot: SnapshotFile): Promise<SnapshotSink>;
  /** True when the received file is here, complete. At once, also after a restart. */
  has(group: GroupId, id: EntryId): boolean;
  /**
   * Replaces the group's state by that of the received file, in small transactions between which
   * the loop runs. Resolves when the new state is visible and durable and the file is gone. The
   * group is `installing` from the first step on and over a crash, until the last one; then it is
   * exactly at `id.index`. A group that had no state gets one.
   *
   * Does nothing, and resolves once the state is durable, when the state is whole and already at
   * `id.index` or beyond: snapshots arrive twice. Rejects with SnapshotError when the file is
   * missing or not what it says: the group is then as it was, or still `installing`, and another
   * snapshot may be installed; until then the file stays. Calls queue up.
   */
  install(group: GroupId, id: EntryId): Promise<void>;
  /**
   * The group's state is not to be trusted any more, at once and over restarts: it is
   * `installing`, whatever its index, until a snapshot has been installed.
   */
  invalidate(group: GroupId): void;
  /**
   * The replica was removed: its rows go in steps, then all that is known of it. The state is gone
   * for every reader at once; goes on by itself after a crash. Resolves when all is done, durably.
   */
  drop(group: GroupId): Promise<void>;
}

/** Where the pieces of one file go. */
export interface SnapshotSink {
  /** Any order, any overlap; `bytes` must not change until it resolves. */
  write(offset: number, bytes: Buffer): Promise<void>;
  /**
   * Checks that there is no hole, that the checksum fits and that the file is of this cluster,
   * group and entry; makes it durable under its name. Rejects with SnapshotError, and then nothing
   * of it is left.
   */
  finish(): Promise<void>;
  /** Forgets what was received. Idempotent, also after `finish`, which it does not undo. */
  abort(): Promise<void>;
}
