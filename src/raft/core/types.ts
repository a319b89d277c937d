/**
 * The vocabulary of the consensus core: entries, durable state, messages, inputs and effects.
 *
 * The words are those of the Raft paper (Ongaro and Ousterhout, 2014). Everything here is plain
 * data: arrays and buffers that were handed out are never changed afterwards, by either side.
 */

/** One `kvorum` process with one data folder. Given once, never reused; 1 to 65,535. */
export type NodeId = number;
/** One Raft group. Group 0 is the meta group; a shard is served by exactly one group. */
export type GroupId = number;
/**
 * One node's membership in one group. Rises for ever within the group, so that a replica which
 * left and came back is somebody else to every vote and message. 0 means "nobody".
 */
export type ReplicaId = number;
export type Term = number;
export type Index = number;
/** Names a proposal or a read towards the host; unique while the process lives. */
export type RequestId = number;

export const NOBODY: ReplicaId = 0;

export interface Member {
  readonly node: NodeId;
  readonly replica: ReplicaId;
}

/**
 * Who decides. Outside a membership change `outgoing` and `learnersNext` are empty; during one
 * every decision needs a majority of `voters` and a majority of `outgoing` (section 6).
 */
export interface Configuration {
  readonly voters: readonly Member[];
  readonly outgoing: readonly Member[];
  readonly learners: readonly Member[];
  /** Voters of `outgoing` that become learners when the joint configuration is left. */
  readonly learnersNext: readonly Member[];
  /** Whoever leads proposes to leave the joint configuration as soon as that is allowed. */
  readonly autoLeave: boolean;
  /** The smallest replica id that was never given in this group; an id is given once. */
  readonly nextReplica: ReplicaId;
}

/** What an entry carries. The numbers are part of the durable and wire formats. */
export const EntryKind = { empty: 0, command: 1, configuration: 2 } as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

export interface EntryId {
  readonly index: Index;
  readonly term: Term;
}

export interface Entry extends EntryId {
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** What must survive a power cut beside the entries (figure 2, plus the commit index). */
export interface HardState {
  readonly term: Term;
  /** The replica voted for in `term`, or NOBODY. */
  readonly vote: ReplicaId;
  readonly commit: Index;
}

/**
 * The entry before the first one kept, with the configuration as of that entry. A replica that is
 * created on demand begins *uninitialised*: at 0/0, with a configuration that has no members and
 * `nextReplica` 0. It votes when asked, never campaigns, and takes nothing but a snapshot.
 */
export interface LogMark extends EntryId {
  readonly configuration: Configuration;
}

/** A configuration and the entry that carries it. */
export interface ConfigurationAt {
  readonly index: Index;
  readonly configuration: Configuration;
}

/** A snapshot as its maker describes it. Small; the receiver fetches the bytes. */
export interface SnapshotDescription extends LogMark {
  readonly bytes: number;
  /** CRC-32 of the file. */
  readonly checksum: number;
}

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  /** The sender's term; a pre-vote and its grant carry the term that would be campaigned for. */
  readonly term: Term;
}

export interface AppendMessage extends Envelope {
  readonly type: 'append';
  readonly previousIndex: Index;
  readonly previousTerm: Term;
  readonly commit: Index;
  readonly entries: readonly Entry[];
}

export interface AppendResponse extends Envelope {
  readonly type: 'append-response';
  readonly rejected: boolean;
  /** Accepted: the last index known to match. Rejected: the `previousIndex` that was refused. */
  readonly index: Index;
  /** Rejected only: the follower's best guess of where the logs may still agree, else 0 and 0. */
  readonly hintIndex: Index;
  readonly hintTerm: Term;
  /** Rejected only: nothing but a snapshot helps (uninitialised, or the state is damaged). */
  readonly wantsSnapshot: boolean;
}

export interface Heartbeat extends Envelope {
  readonly type: 'heartbeat';
  /** Never beyond what the receiver is known to hold (B4). */
  readonly commit: Index;
  /** The newest read round, from 1 on; the answer repeats it. */
  readonly context: number;
  /** The leader goes quiet; so does a follower that holds all of it (term, last = commit). */
  readonly quiet: boolean;
}

export interface HeartbeatResponse extends Envelope {
  readonly type: 'heartbeat-response';
  /** 0: a poke, that is no answer at all: the sender is awake and wants its leader to be. */
  readonly context: number;
}

export interface VoteRequest extends Envelope {
  readonly type: 'pre-vote' | 'vote';
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** What the candidate knows to be committed, so that its voters learn it too (E4). */
  readonly commit: Index;
  readonly commitTerm: Term;
  /** A leadership transfer: the vote may be granted although a leader was heard of just now. */
  readonly transfer: boolean;
}

export interface VoteResponse extends Envelope {
  readonly type: 'pre-vote-response' | 'vote-response';
  readonly granted: boolean;
}

/** The leader asks the receiver to campaign at once, if this entry still stands in its log. */
export interface TimeoutNow extends Envelope {
  readonly type: 'timeout-now';
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}

/** A follower asks the leader for a read index; `context` is the follower's own number. */
export interface ReadIndexRequest extends Envelope {
  readonly type: 'read-index';
  readonly context: number;
}

export interface ReadIndexResponse extends Envelope {
  readonly type: 'read-index-response';
  readonly context: number;
  readonly index: Index;
}

/** The leader's log begins after what the receiver needs next: this snapshot is to be fetched. */
export interface SnapshotOffer extends Envelope {
  readonly type: 'snapshot';
  readonly snapshot: SnapshotDescription;
}

/**
 * The receiver was removed from the group for ever: in the configuration that the sender has
 * applied its id is not a member's and was given before (G2).
 */
export interface Gone extends Envelope {
  readonly type: 'gone';
}

export type Message =
  | AppendMessage
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | VoteRequest
  | VoteResponse
  | TimeoutNow
  | ReadIndexRequest
  | ReadIndexResponse
  | SnapshotOffer
  | Gone;

export interface Proposal {
  readonly id: RequestId;
  readonly data: Uint8Array;
}

/** One part of a membership change; the parts of a change take effect together. */
export type MembershipStep =
  | { readonly kind: 'add-learner'; readonly node: NodeId }
  | { readonly kind: 'promote'; readonly replica: ReplicaId }
  | { readonly kind: 'demote'; readonly replica: ReplicaId }
  | { readonly kind: 'remove'; readonly replica: ReplicaId };

/** Everything that can happen to a replica. `step` takes any number of these between two drains. */
export type Input =
  | { readonly kind: 'tick' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'propose'; readonly proposals: readonly Proposal[] }
  | { readonly kind: 'read'; readonly id: RequestId }
  | { readonly kind: 'campaign' }
  | { readonly kind: 'transfer'; readonly to: ReplicaId }
  /** Everything up to and including the append with this token is durable. */
  | { readonly kind: 'appended'; readonly token: number }
  /** Everything up to `index` is applied to the state machine. */
  | { readonly kind: 'applied'; readonly index: Index }
  /** The log up to `index` is gone from storage; `index` is applied and durable in the state. */
  | { readonly kind: 'compacted'; readonly index: Index }
  | { readonly kind: 'unreachable'; readonly replica: ReplicaId }
  | {
      readonly kind: 'change-membership';
      readonly id: RequestId;
      /** Refused when another configuration is in force. */
      readonly expected?: Configuration;
      readonly steps: readonly MembershipStep[];
    }
  /** The answer to `snapshotsWanted`; undefined: it could not be made, ask again later. */
  | {
      readonly kind: 'snapshot-made';
      readonly to: ReplicaId;
      readonly snapshot: SnapshotDescription | undefined;
    }
  /** The file is complete, checked and durable under its name. */
  | { readonly kind: 'snapshot-received'; readonly snapshot: SnapshotDescription }
  /** Fetching it was given up. */
  | { readonly kind: 'snapshot-failed'; readonly snapshot: EntryId }
  /** The state machine is at `index` now, durably. */
  | { readonly kind: 'snapshot-installed'; readonly index: Index }
  /** The state differs from the group's: serve nothing, ask the leader for a snapshot. */
  | { readonly kind: 'state-damaged' }
  /** Leave quiet. */
  | { readonly kind: 'wake' };

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/**
 * Why a proposal or read did not go through. All of them mean: never entered this log.
 * `not-leader` and `leader-changed` are worth a retry elsewhere, `overloaded` one later.
 */
export type DropReason =
  | 'not-leader'
  | 'leader-changed'
  | 'transferring'
  | 'overloaded'
  /** The state of this replica is being replaced, or must be: it serves nothing. */
  | 'installing';

/** Why a leader hands over by itself. */
export type HandOverReason =
  /** What a quorum has on disk is not on the leader's own for an election timeout (H1). */
  | 'slow-disk'
  /** Its state differs from the group's. */
  | 'state-damaged'
  /** It was voted out: the change is done, and the others know. */
  | 'removed';

/** Why a membership change was refused; nothing of it entered the log. */
export type MembershipRefusal =
  | 'not-leader'
  | 'transferring'
  /** No entry of the leader's term is committed yet; soon there will be. */
  | 'not-ready'
  /** Another change is under way. */
  | 'change-pending'
  /** `expected` is not the configuration in force. */
  | 'configuration-differs'
  /** The steps contradict each other, or there are none. */
  | 'invalid-steps'
  | 'unknown-replica'
  /** A node has at most one replica of a group. */
  | 'node-has-replica'
  | 'not-a-learner'
  | 'not-a-voter'
  /** A learner becomes a voter only when it holds nearly all of the log. */
  | 'not-caught-up'
  | 'last-voter'
  /** Too few voters of the new configuration are heard from to make a majority. */
  | 'quorum-lost';

/** One durable write of this group. Atomic, first in first out, never dropped. */
export interface Append {
  /** Rises with every append; completing one completes all before it. */
  readonly token: number;
  readonly hardState?: HardState;
  /** The log begins anew after this mark: entries up to it go, or all when they differ. */
  readonly snapshot?: LogMark;
  /** Discards whatever stood at `entries[0].index` and above. */
  readonly entries: readonly Entry[];
  /** May leave only when this append is durable (R4, R6). */
  readonly then: readonly Message[];
}

export interface Effects {
  /** May leave now (R5). */
  readonly send: readonly Message[];
  readonly append?: Append;
  /** Committed and durable here (R7); in order, each entry exactly once per process. */
  readonly apply: readonly Entry[];
  /** The read may be served once `index` is applied here. */
  readonly reads: readonly { readonly id: RequestId; readonly index: Index }[];
  /** Where the proposal now stands; it may still be lost. */
  readonly proposed: readonly { readonly id: RequestId; readonly entry: EntryId }[];
  readonly dropped: readonly { readonly id: RequestId; readonly reason: DropReason }[];
  readonly role?: { readonly role: Role; readonly leader: ReplicaId; readonly term: Term };
  readonly refused: readonly {
    readonly id: RequestId;
    readonly reason: MembershipRefusal;
    readonly detail: string;
  }[];
  /** The leader transfers its leadership by itself. */
  readonly handOver?: { readonly to: ReplicaId; readonly reason: HandOverReason };
  /** The configuration in force has changed. */
  readonly configuration?: Configuration;
  /** Leader: make or reuse a snapshot of at least this index, and answer `snapshot-made`. */
  readonly snapshotsWanted: readonly { readonly to: ReplicaId; readonly atLeast: Index }[];
  /** Follower: fetch this snapshot from that replica. */
  readonly fetch?: { readonly from: ReplicaId; readonly snapshot: SnapshotDescription };
}

/** What the core reads of its durable log. Synchronous; only asked for durable, kept entries. */
export interface LogReader {
  /**
   * Entries from `from` on, below `until`, at least one, then as many as fit `bytesMax` of data.
   * Throws when the disk fails; the node then stops.
   */
  entries(from: Index, until: Index, bytesMax: number): readonly Entry[];
}

/** One stretch of the log that has one term: from `from` to the next run's `from`. */
export interface TermRun {
  readonly from: Index;
  readonly term: Term;
}
