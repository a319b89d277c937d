/**
 * The vocabulary of what can go wrong, as records of a schedule: what, when, to whom, how long.
 * A record holds every number it needs, so leaving one out changes no other. README.md has the
 * table of them; `fault-schedule.ts` draws them and `fault-injector.ts` makes them happen.
 */
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import type { Death } from './observer.js';
import type { DiskOperationKind } from './simulated-disk.js';

interface Timed {
  readonly atMs: number;
}

interface Lasting extends Timed {
  readonly forMs: number;
}

/** A process dies and comes back. */
export interface CrashFault extends Lasting {
  readonly kind: 'crash';
  readonly nodes: readonly NodeId[];
  readonly death: Death;
}

/** The process dies before the `step`th persistence step from now: a write, a sync, a COMMIT... */
export interface CrashAtStepFault extends Lasting {
  readonly kind: 'crash-at-step';
  readonly node: NodeId;
  readonly step: number;
  readonly death: Death;
}

/** Many crashes, one soon after the other. */
export interface RestartStormFault extends Lasting {
  readonly kind: 'restart-storm';
  readonly nodes: readonly NodeId[];
  readonly everyMs: number;
  readonly death: Death;
}

/** Asked to stop: it hands its leaderships over, closes, and is started again. */
export interface GracefulRestartFault extends Lasting {
  readonly kind: 'graceful-restart';
  readonly node: NodeId;
  readonly handOverMs: number;
}

/** SIGSTOP: nothing of the process runs. `suspended`: its clocks stand still as well. */
export interface PauseFault extends Lasting {
  readonly kind: 'pause';
  readonly node: NodeId;
  readonly suspended: boolean;
}

/**
 * Directions in which nothing goes, as [from, to]. `isolateLeaderOf`: besides, all of whoever leads
 * this shard when it begins.
 */
export interface PartitionFault extends Lasting {
  readonly kind: 'partition';
  readonly shape: 'halves' | 'isolated' | 'leader' | 'ring' | 'bridge' | 'one-way';
  readonly cuts: readonly (readonly [NodeId, NodeId])[];
  readonly isolateLeaderOf?: GroupId;
}

/** The whole network is bad for a while. */
export interface WeatherFault extends Lasting {
  readonly kind: 'weather';
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
}

/** All streams between two nodes break. */
export interface ResetFault extends Timed {
  readonly kind: 'reset';
  readonly nodes: readonly [NodeId, NodeId];
}

export interface SlowDiskFault extends Lasting {
  readonly kind: 'slow-disk';
  readonly node: NodeId;
  readonly syncMinMs: number;
  readonly syncMaxMs: number;
}

/** The `nth` operation of that kind on the log's disk from now fails. The node must stop. */
export interface DiskErrorFault extends Timed {
  readonly kind: 'disk-error';
  readonly node: NodeId;
  readonly operation: DiskOperationKind;
  readonly nth: number;
}

/** Only so many bytes are left on the log's disk. */
export interface FullDiskFault extends Lasting {
  readonly kind: 'full-disk';
  readonly node: NodeId;
  readonly freeBytes: number;
}

/** A bit of the log changes while the node is down; it must not start as if nothing were. */
export interface BitFlipFault extends Lasting {
  readonly kind: 'bit-flip';
  readonly node: NodeId;
  /** Where, as a share of all bytes of the log. */
  readonly place: number;
  readonly bit: number;
}

/** The node's disk is gone. */
export interface WipeFault extends Lasting {
  readonly kind: 'wipe';
  readonly node: NodeId;
}

/** The next such action on the SQLite state fails. The node must stop. */
export interface StoreErrorFault extends Timed {
  readonly kind: 'store-error';
  readonly node: NodeId;
  readonly action: 'read' | 'commit' | 'checkpoint' | 'sync-wal' | 'sync-database';
  readonly code: 'SQLITE_IOERR_WRITE' | 'SQLITE_FULL' | 'SQLITE_CORRUPT' | 'EIO';
}

/** The wall clock jumps, for good. */
export interface ClockJumpFault extends Timed {
  readonly kind: 'clock-jump';
  readonly node: NodeId;
  readonly byMs: number;
}

/** The monotonic clock runs too fast or too slow. */
export interface ClockRateFault extends Lasting {
  readonly kind: 'clock-rate';
  readonly node: NodeId;
  readonly rate: number;
}

/** Whoever leads the shard is asked to hand over to that node. */
export interface TransferFault extends Timed {
  readonly kind: 'transfer';
  readonly shard: GroupId;
  readonly to: NodeId;
}

/** That node's replica of the shard is told to campaign. */
export interface CampaignFault extends Timed {
  readonly kind: 'campaign';
  readonly shard: GroupId;
  readonly node: NodeId;
}

/**
 * An operator at node `via` changes the members of a shard. Who that is about is chosen when it
 * happens, by `pick`: a member that is lost is replaced or removed before any other.
 */
export interface MembershipFault extends Timed {
  readonly kind: 'membership';
  readonly shard: GroupId;
  readonly via: NodeId;
  readonly action: 'add' | 'add-learner' | 'promote' | 'demote' | 'remove' | 'replace';
  readonly pick: number;
  readonly timeoutMs: number;
}

/**
 * A row of the state changes while the node is down, and nothing of it shows. Only rows that no
 * client reads: until the replicas are compared nobody can know.
 */
export interface StateDamageFault extends Lasting {
  readonly kind: 'state-damage';
  readonly node: NodeId;
  readonly shard: GroupId;
  readonly pick: number;
}

export type Fault =
  | CrashFault
  | CrashAtStepFault
  | RestartStormFault
  | GracefulRestartFault
  | PauseFault
  | PartitionFault
  | WeatherFault
  | ResetFault
  | SlowDiskFault
  | DiskErrorFault
  | FullDiskFault
  | BitFlipFault
  | WipeFault
  | StoreErrorFault
  | ClockJumpFault
  | ClockRateFault
  | TransferFault
  | CampaignFault
  | MembershipFault
  | StateDamageFault;

export type FaultKind = Fault['kind'];

export function faultText(fault: Fault): string {
  const { kind, atMs, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${kind} ${details.join(' ')}`;
}
