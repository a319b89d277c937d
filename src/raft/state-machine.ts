/**
 * What the host drives behind the log. The key-value store implements it; `raft` knows no more.
 */
import type { Entry, GroupId, Index } from './core/types.js';
import type { SnapshotFiles } from './snapshots/types.js';

export interface GroupEntries {
  readonly group: GroupId;
  /** Committed, durable in the log here, consecutive from the group's applied index + 1. */
  readonly entries: readonly Entry[];
}

export interface StateMachine {
  /**
   * Applies entries of many groups in one transaction and returns, per group and entry, what the
   * waiting proposal is answered with (`undefined` for an empty entry). Throws when the disk
   * fails: the node then stops, nothing of the transaction is answered.
   */
  apply(work: readonly GroupEntries[]): readonly (readonly unknown[])[];
  /** Index up to which the group's state is visible; restored from disk at start; 0: no state. */
  applied(group: GroupId): Index;
  /** Index up to which it survives a power cut; the log is compacted no further. */
  durable(group: GroupId): Index;
  /** A snapshot takes the place of the group's state, or must: nothing is applied or read. */
  installing(group: GroupId): boolean;
  readonly snapshots: SnapshotFiles;
  /** True while a checkpoint needs the writer to stand still; `apply` is not called then. */
  readonly held: boolean;
  /** Called when `held` ends and when `durable` has advanced. Set by the host before it starts. */
  onProgress: () => void;
  /** Called once after an I/O error in background work. The node stops. */
  onFailure: (error: Error) => void;
}
