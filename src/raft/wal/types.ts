/**
 * What the rest of a node sees of the durable log: one per node, shared by all its groups.
 */
import type {
  ConfigurationAt,
  Entry,
  GroupId,
  HardState,
  Index,
  LogMark,
  LogReader,
  ReplicaId,
  TermRun,
} from '../core/types.js';

/** A group begins: `mark` suffices for voting and appending (index 0, term 0 at bootstrap). */
export interface GroupBirth {
  readonly group: GroupId;
  /** This node's own replica in the group. */
  readonly replica: ReplicaId;
  readonly mark: LogMark;
  readonly hardState: HardState;
}

/**
 * What one group adds to a batch. Order within: the snapshot resets the log, entries truncate,
 * then hard state, then the log is compacted.
 */
export interface GroupWrite {
  readonly group: GroupId;
  /**
   * A snapshot takes the place of everything up to this mark, which may lie beyond the log's end.
   * Entries behind it stay if the log holds the mark's (index, term): they may have been
   * acknowledged (D1). If not, all of them go (D2, C13).
   */
  readonly snapshot?: LogMark;
  /** Discards what stood at `entries[0].index` and above. */
  readonly entries: readonly Entry[];
  readonly hardState?: HardState;
  /** The log up to `compact.index`, which it holds, is no longer needed. */
  readonly compact?: LogMark;
}

/** One frame, one write, one sync. A group may occur several times; writes act in their order. */
export interface WalBatch {
  readonly created: readonly GroupBirth[];
  /** The group is gone here for ever; replicas below `minReplica` must never come back. */
  readonly removed: readonly { readonly group: GroupId; readonly minReplica: ReplicaId }[];
  readonly writes: readonly GroupWrite[];
}

/** One group as recovery found it. */
export interface RecoveredGroup {
  readonly group: GroupId;
  readonly replica: ReplicaId;
  readonly hardState: HardState;
  readonly mark: LogMark;
  /** Equals `mark.index` when the log is empty. */
  readonly lastIndex: Index;
  /** Terms of the entries after the mark, ascending by `from`; empty when the log is empty. */
  readonly terms: readonly TermRun[];
  /** What the configuration entries after the mark carry, ascending. */
  readonly configurations: readonly ConfigurationAt[];
}

export interface Recovered {
  readonly groups: readonly RecoveredGroup[];
  readonly tombstones: ReadonlyMap<GroupId, ReplicaId>;
  /** There was no log in the folder: it is new, or was lost. */
  readonly fresh: boolean;
}

export interface Wal {
  /** Recovers. Rejects with a WalError that names file, offset and what to do. */
  open(): Promise<Recovered>;
  /**
   * Resolves when the batch is durable. At most one is in flight; calling it earlier is a
   * programmer error. Rejects once and for ever after the first failed write or sync.
   */
  write(batch: WalBatch): Promise<void>;
  /** Durable entries of one group; stays valid across compaction and segment changes. */
  reader(group: GroupId): LogReader;
  /**
   * Groups whose live entries pin the oldest segment while the log exceeds its size limit: the
   * host should compact each up to `upTo`, as far as its state is durable. What is left after
   * that is carried forward by the log itself.
   */
  pressure(): readonly { readonly group: GroupId; readonly upTo: Index }[];
  /** Bytes of entries a group holds after its mark. */
  tailBytes(group: GroupId): number;
  /** Set once a write or sync has failed; nothing is acknowledged from then on. */
  readonly failure: Error | undefined;
  readonly statistics: WalStatistics;
  /** Seals and closes. Idempotent. */
  close(): Promise<void>;
}

/** Counters since open, read by the metrics. Durations in milliseconds. */
export interface WalStatistics {
  readonly batches: number;
  readonly entries: number;
  readonly bytes: number;
  readonly syncMsTotal: number;
  readonly syncMsMax: number;
  readonly segments: number;
  readonly segmentBytes: number;
}

/** Called after each durable batch; the metrics keep histograms of it. */
export type WalObserver = (batch: {
  readonly entries: number;
  readonly bytes: number;
  readonly durationMs: number;
}) => void;
