/** What a SQLite store is made of; all but the first three have the values of production. */
import type { Clock } from '../../raft/clock.js';
import type { FileSystem } from '../../raft/wal/file-system.js';
import type { CheckpointWorker } from './checkpoint-worker.js';
import type { CheckpointLimits, CheckpointLogger } from './checkpointer.js';
import type { SnapshotWorker } from './snapshot-worker.js';
import type { StoreFaults } from './store-faults.js';

export interface SqliteStoreOptions {
  /** Folder of the state; created when missing. Nothing in it is opened but through SQLite. */
  readonly dir: string;
  /** The 32-bit hash of a key; part of the data format. */
  readonly hash: (key: Buffer) => number;
  /** Stamped into a new database, compared with an old one. */
  readonly cluster: string;
  readonly clock?: Clock;
  readonly logger?: CheckpointLogger;
  /** A new worker thread, unless the simulator brings its own. */
  readonly worker?: CheckpointWorker;
  /** Likewise, for making and checking snapshots. */
  readonly snapshotWorker?: SnapshotWorker;
  /** Where snapshot files are kept, under the paths that the worker and SQLite are given. */
  readonly files?: FileSystem;
  /** How much the disk of a folder has left; asked before a snapshot is received. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  readonly faults?: StoreFaults;
  readonly limits?: Partial<CheckpointLimits>;
  /** Bound of SQLite's page cache. */
  readonly cacheBytesMax?: number;
}
