/**
 * What can be seen of snapshots from outside: those under way, and counters since the start.
 */
import type { GroupId, Index, NodeId, Term } from '../core/types.js';

/**
 * `making`: the worker writes the file. `sending`, `receiving`: bytes travel. `installing`: the
 * file is complete and its rows take the place of the old ones.
 */
export type TransferState = 'making' | 'sending' | 'receiving' | 'installing';

export interface SnapshotTransfer {
  readonly group: GroupId;
  /** The node at the other end; undefined while it is made or installed. */
  readonly peer: NodeId | undefined;
  readonly state: TransferState;
  readonly index: Index;
  readonly term: Term;
  readonly bytesDone: number;
  /** 0 while it is not known. */
  readonly bytesTotal: number;
}

export interface SnapshotStatistics {
  /** By group, then by state. */
  readonly transfers: readonly SnapshotTransfer[];
  readonly made: number;
  readonly received: number;
  readonly installed: number;
  /** Made, received or installed in vain. */
  readonly failed: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}
