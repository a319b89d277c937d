/**
 * What a host is made from, what it reports, and its limits. The core's own limits are in
 * `core/options.ts`; `host.ts` compares the two at its start.
 */
import type { Clock } from './clock.js';
import type { CompactionLimits } from './compaction.js';
import type { RaftLimits, RaftTiming } from './core/options.js';
import type { GroupId, NodeId, ReplicaId, Role } from './core/types.js';
import type { SnapshotLimits } from './snapshots/limits.js';
import type { StateMachine } from './state-machine.js';
import type { Transport } from './transport/types.js';
import type { Wal } from './wal/types.js';

export interface HostLimits extends CompactionLimits {
  /** Entry data in one batch of the log; a larger append still travels alone. */
  readonly batchBytesMax: number;
  /** Entry data and time that one turn applies at most. */
  readonly applyBytesMax: number;
  readonly applyMsMax: number;
  /**
   * Appends of all groups that wait for the log. While a disk hangs, peers go on sending; at the
   * limit their messages that would add an append are dropped, as if the network had lost them.
   */
  readonly appendsQueuedMax: number;
}

export interface HostTiming {
  readonly tickMs: number;
  /** A longer gap between two ticks counts as one tick. */
  readonly gapTicksMax: number;
  /** How often a replica that is not quiet makes sure that it is current, for stale reads. */
  readonly freshnessMs: number;
  /** How often the tails of the logs are looked at. */
  readonly compactionMs: number;
}

export const defaultHostTiming: HostTiming = {
  tickMs: 50,
  gapTicksMax: 4,
  freshnessMs: 1_000,
  compactionMs: 1_000,
};

const MiB = 1024 * 1024;

export const defaultHostLimits: HostLimits = {
  batchBytesMax: 4 * MiB,
  applyBytesMax: 2 * MiB,
  applyMsMax: 5,
  appendsQueuedMax: 16_384,
  groupTailBytesMax: 64 * MiB,
  nodeTailBytesMax: 1024 * MiB,
  tailAgeMs: 600_000,
};

export interface HostLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Called on the hot path: must be cheap. */
export interface HostObserver {
  turn(durationMs: number): void;
  /** With every tick: how late the event loop came to it. */
  loopDelay(lateMs: number): void;
  applied(entries: number, durationMs: number): void;
}

export interface RoleChange {
  readonly group: GroupId;
  readonly role: Role;
  readonly leader: NodeId | undefined;
  readonly term: number;
}

export interface RemovedReplica {
  readonly group: GroupId;
  readonly replica: ReplicaId;
  /** The last leader that it heard of. */
  readonly leader: NodeId | undefined;
}

export interface HostOptions {
  readonly wal: Wal;
  readonly transport: Pick<Transport, 'send' | 'request'>;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: HostLogger;
  readonly raftTiming: RaftTiming;
  readonly raftLimits: RaftLimits;
  readonly timing: HostTiming;
  readonly limits: HostLimits;
  readonly snapshotLimits: SnapshotLimits;
  /** False for groups that nobody could have placed on this node. */
  readonly mayLive: (group: GroupId) => boolean;
  readonly onRole: (change: RoleChange) => void;
  /** Another node gives its leadership of the group to the replica here. */
  readonly onAskedToLead?: (asked: { group: GroupId; by: NodeId }) => void;
  /** A replica of this node is not a member any longer; it is gone already. */
  readonly onRemoved?: (removed: RemovedReplica) => void;
  /** Called once; the node stops serving. */
  readonly onFailure: (error: Error) => void;
}
