/**
 * What a replica is made from, what it tells of itself, and the constants of the core with how
 * they must relate to each other.
 */
import { invariant } from './invariant.js';
import type {
  Configuration,
  ConfigurationAt,
  HandOverReason,
  HardState,
  Index,
  LogMark,
  LogReader,
  ReplicaId,
  Role,
  SnapshotDescription,
  Term,
  TermRun,
} from './types.js';

export interface RaftTiming {
  /** A leader is heard from this often. */
  readonly heartbeatTicks: number;
  /** Election timeouts are drawn anew from this range each time, both ends included. */
  readonly electionTicksMin: number;
  readonly electionTicksMax: number;
  /** A leader without proposals lets its group go quiet after this many ticks; 0: never. */
  readonly quietAfterTicks: number;
}

export interface RaftLimits {
  /** Entry data in one append message; a single larger entry still travels alone. */
  readonly appendBytesMax: number;
  /** Appends to one follower that are not acknowledged yet. */
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** Entry data proposed by this leader and not committed; more is dropped as `overloaded`. */
  readonly uncommittedBytesMax: number;
  /** Entry data handed to apply and not reported as applied. */
  readonly unappliedBytesMax: number;
  /** Entry data kept in memory for followers that are close behind. */
  readonly windowBytesMax: number;
  /** Reads that wait for a leader or a round at one replica; more are dropped as `overloaded`. */
  readonly waitingReadsMax: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultTiming: RaftTiming = {
  heartbeatTicks: 2,
  electionTicksMin: 12,
  electionTicksMax: 24,
  quietAfterTicks: 60,
};

export const defaultLimits: RaftLimits = {
  appendBytesMax: 1 * MiB,
  inflightMessagesMax: 256,
  inflightBytesMax: 8 * MiB,
  uncommittedBytesMax: 16 * MiB,
  unappliedBytesMax: 16 * MiB,
  windowBytesMax: 2 * MiB,
  waitingReadsMax: 65_536,
};

/** Throws when two constants contradict each other. */
export function checkOptions(timing: RaftTiming, limits: RaftLimits): void {
  const { heartbeatTicks, electionTicksMin, electionTicksMax, quietAfterTicks } = timing;
  invariant(heartbeatTicks >= 1, 'heartbeats take at least a tick');
  // A follower must be able to lose a heartbeat or two without calling an election.
  invariant(electionTicksMin >= 3 * heartbeatTicks, 'an election takes several heartbeats');
  // Without room to differ all voters campaign at once (A17).
  invariant(electionTicksMax >= electionTicksMin + 4, 'election timeouts need room to differ');
  // Everybody must have been heard since the group was last busy.
  invariant(
    quietAfterTicks === 0 || quietAfterTicks >= electionTicksMin,
    'a group is idle for an election timeout before it goes quiet',
  );
  // Otherwise the window is full before one message is out, or proposals starve behind it.
  invariant(limits.appendBytesMax <= limits.inflightBytesMax, 'a full append fits the window');
  invariant(limits.inflightBytesMax <= limits.uncommittedBytesMax, 'a full window may be proposed');
  invariant(limits.appendBytesMax <= limits.unappliedBytesMax, 'a full append may be applied');
}

export interface RaftOptions {
  readonly self: ReplicaId;
  readonly mark: LogMark;
  readonly hardState: HardState;
  readonly lastIndex: Index;
  readonly terms: readonly TermRun[];
  /** The configurations in the log after the mark, ascending by index. */
  readonly configurations: readonly ConfigurationAt[];
  /** What the state machine has applied; behind the mark only while `installing`. */
  readonly applied: Index;
  /**
   * The host is about to install the snapshot that the mark names, again or for the first time,
   * and will report `snapshot-installed`; or it has lost the file and will step `state-damaged`.
   */
  readonly installing: boolean;
  readonly reader: LogReader;
  /** Uniform in [0, 1); seeded for replay, but not alike in the replica's next process. */
  readonly random: () => number;
  readonly timing: RaftTiming;
  readonly limits: RaftLimits;
}

export interface RaftStatus {
  readonly self: ReplicaId;
  readonly role: Role;
  readonly term: Term;
  readonly vote: ReplicaId;
  readonly leader: ReplicaId;
  readonly firstIndex: Index;
  readonly lastIndex: Index;
  readonly durable: Index;
  readonly commit: Index;
  readonly applied: Index;
  /** In force here: the last one applied. */
  readonly configuration: Configuration;
  /** A configuration entry is not applied here yet, or the configuration in force is joint. */
  readonly pendingChange: boolean;
  readonly isVoter: boolean;
  /** Not a member any longer, for ever: the host destroys this replica. */
  readonly removed: boolean;
  /** Created on demand, and no snapshot has come yet. */
  readonly uninitialised: boolean;
  /** A snapshot is on its way into the state machine, or is needed; nothing is served. */
  readonly installing: boolean;
  /** What is being fetched; when it changes or goes, the host gives up fetching the old one. */
  readonly fetching: SnapshotDescription | undefined;
  /** Nothing but a snapshot helps this replica, and it asks its leader for one. */
  readonly wantsSnapshot: boolean;
  readonly quiet: boolean;
  readonly transferring: boolean;
  /** Why this leader transfers by itself, while it does. */
  readonly handingOver: HandOverReason | undefined;
}
