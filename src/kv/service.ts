/**
 * One node as HTTP and the simulator see it. Implemented by `node.ts`.
 */
import type { GroupId, Index, NodeId, Role, Term } from '../raft/core/types.js';
import type { SnapshotStatistics } from '../raft/snapshots/statistics.js';
import type { PeerStatus } from '../raft/transport/types.js';
import type { WalStatistics } from '../raft/wal/types.js';
import type { Condition, HashRange, Revision, ShardEpoch, StoreStatistics } from './store/types.js';

export interface RequestContext {
  /** Follows the request across nodes into every log line. */
  readonly requestId: string;
  /** Time this request may take from now on. */
  readonly timeoutMs: number;
  /** False: a node that cannot serve the request itself refuses with `not_leader`. */
  readonly forward: boolean;
}

export interface WriteRequest {
  readonly type: 'put' | 'delete';
  readonly key: Buffer;
  readonly condition: Condition;
  /** Empty for a delete. */
  readonly value: Buffer;
  readonly contentType: string;
}

/** Where an answer was decided. */
export interface Decided {
  readonly shard: GroupId;
  /** The node that decided: the leader for a write, the replica that was read for a read. */
  readonly node: NodeId;
  /** The shard's revision at the moment of the read or decision; a write's is its own. */
  readonly shardRevision: Revision;
}

export type WriteAnswer = Decided &
  (
    | { readonly outcome: 'created' | 'replaced' | 'deleted' | 'absent' }
    | { readonly outcome: 'precondition-failed'; readonly current: Revision | undefined }
  );

export interface ReadRequest {
  readonly key: Buffer;
  readonly consistency: 'linearizable' | 'stale';
  /** Stale reads only: refuse (or refresh) what may be older. */
  readonly maxStalenessMs?: number;
}

export interface ReadAnswer extends Decided {
  readonly found:
    | { readonly value: Buffer; readonly contentType: string; readonly revision: Revision }
    | undefined;
  /**
   * Stale reads: the state was current at most this long ago, on this node's own clock; undefined
   * when the replica has not been confirmed since it started.
   */
  readonly stalenessMs?: number;
}

/**
 * What a member is in the configuration that is in force. `incoming` and `outgoing` exist only
 * during a change: voters of the new and of the old set alone.
 */
export type MemberRole = 'voter' | 'incoming' | 'outgoing' | 'learner';

export interface ShardMember {
  readonly node: NodeId;
  readonly replica: number;
  readonly role: MemberRole;
  /** What the leader knows of a follower; undefined for itself and on nodes that do not lead. */
  readonly progress?: MemberProgress;
}

export interface MemberProgress {
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly match: Index;
  /** Entries that the leader has and the member is not known to have. */
  readonly lag: number;
  /** Heard from within an election timeout. */
  readonly active: boolean;
}

export interface ReplicaStatus {
  readonly shard: GroupId;
  readonly replica: number;
  readonly role: Role;
  readonly term: Term;
  readonly leader: NodeId | undefined;
  readonly lastIndex: Index;
  readonly commit: Index;
  readonly applied: Index;
  readonly durable: Index;
  readonly firstIndex: Index;
  readonly revision: Revision;
  /** Set while this replica cannot catch up: its leader no longer has the entries it needs. */
  readonly behindTail: boolean;
  /** Leader only: voters heard from within an election timeout are a majority. */
  readonly quorumActive: boolean;
  /** False for a learner, and for a replica that is not (yet, or any more) a member. */
  readonly voter: boolean;
  /** Nothing happens in the shard: its replicas neither tick nor send heartbeats. */
  readonly quiet: boolean;
  /** A snapshot takes the place of its state: it serves nothing until that is done. */
  readonly installing: boolean;
  /** Its state differs from the others': it serves nothing and waits for a snapshot. */
  readonly damaged: boolean;
}

export interface ShardStatus {
  readonly shard: GroupId;
  readonly range: HashRange;
  readonly epoch: ShardEpoch;
  /** Of the configuration in force here; of the shard map when this node holds no replica. */
  readonly members: readonly ShardMember[];
  /** A membership change is under way. */
  readonly changing: boolean;
  /** As far as known on this node. */
  readonly leader: NodeId | undefined;
  /** Undefined when this node holds no replica of the shard. */
  readonly replica: ReplicaStatus | undefined;
}

export interface NodeStatus {
  readonly node: NodeId;
  readonly zone: string;
  readonly weight: number;
  /** As this node reaches it; undefined while it has not been heard of. */
  readonly httpAddress: string | undefined;
  readonly peerAddress: string;
  readonly self: boolean;
  readonly connected: boolean;
  readonly peer: PeerStatus | undefined;
  readonly version: string | undefined;
}

/** A change of a shard's members, as an operator asks for it. At most one replica per node. */
export type MembershipRequest = {
  /** Refuses when the shard's membership epoch is another one. */
  readonly expectedEpoch?: number;
  /** Only says what would happen. */
  readonly dryRun: boolean;
} & (
  | {
      /** As a learner first; promoted when it has caught up, unless it is to stay a learner. */
      readonly action: 'add';
      readonly node: NodeId;
      readonly learner: boolean;
      /** Although the node cannot be reached now. */
      readonly force: boolean;
    }
  | { readonly action: 'promote' | 'demote' | 'remove'; readonly node: NodeId }
  /** `by` is added as a learner; when it has caught up, one change promotes it, removes `node`. */
  | {
      readonly action: 'replace';
      readonly node: NodeId;
      readonly by: NodeId;
      readonly force: boolean;
    }
);

export const membershipStepKinds = [
  'add-learner',
  'catch-up',
  'promote',
  'demote',
  'remove',
  'promote-and-remove',
] as const;

export interface MembershipStepStatus {
  readonly step: (typeof membershipStepKinds)[number];
  readonly node: NodeId;
  readonly state: 'done' | 'running' | 'waiting';
  /** In words for an operator: how far it is, or what it waits for. */
  readonly detail: string;
}

export interface MembershipAnswer {
  readonly shard: GroupId;
  /** The leader that answered. */
  readonly node: NodeId;
  /** `planned`: a dry run. `running`: the time was over; the leader goes on by itself. */
  readonly state: 'done' | 'running' | 'planned';
  /** False: there was nothing to do. */
  readonly changed: boolean;
  readonly detail: string;
  readonly steps: readonly MembershipStepStatus[];
  /** Of the membership now, for the next request's `expectedEpoch`. */
  readonly epoch: number;
  readonly members: readonly ShardMember[];
}

export interface TransferRequest {
  readonly to: NodeId | 'best';
  readonly dryRun: boolean;
}

export interface TransferAnswer {
  readonly shard: GroupId;
  /** The node that answered: the leader before the transfer. */
  readonly node: NodeId;
  readonly state: 'done' | 'planned';
  /** False: it led already. */
  readonly changed: boolean;
  /** Who leads now; of a dry run: who would. */
  readonly leader: NodeId;
  readonly term: Term;
  readonly detail: string;
}

/** One named check of `/readyz`. `detail` says what is wrong, for an operator. */
export interface ReadyCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface NodeStatistics {
  readonly wal: WalStatistics;
  readonly store: StoreStatistics;
  /** Current lengths of bounded queues with their limits, by name. */
  readonly queues: readonly {
    readonly name: string;
    readonly length: number;
    readonly limit: number;
  }[];
  readonly forwardedRequests: number;
  readonly servedForwardedRequests: number;
  readonly readRounds: number;
  readonly droppedMessages: number;
  readonly elections: number;
  readonly snapshots: SnapshotStatistics;
  readonly administration: AdministrationStatistics;
  readonly quietGroups: number;
  /** Steps of state checks that were compared with a majority, as the leader. */
  readonly stateChecks: number;
  /** Replicas of this node whose state was found to differ, since the start. */
  readonly damagedReplicas: number;
  /** Leaderships given away because the own disk was slow. */
  readonly slowDiskHandOvers: number;
}

/** What this node carried out for operators as the leader, since the start. */
export interface AdministrationStatistics {
  readonly changesUnderWay: number;
  readonly changesDone: number;
  readonly changesRefused: number;
  /** Begun or waiting when the leadership was lost. */
  readonly changesLeft: number;
  readonly transfersDone: number;
  readonly transfersFailed: number;
}

/** Set by the metrics to observe distributions; called on the hot path, so they must be cheap. */
export interface NodeObserver {
  walBatch(batch: {
    readonly entries: number;
    readonly bytes: number;
    readonly durationMs: number;
  }): void;
  turn(durationMs: number): void;
  loopDelay(lateMs: number): void;
  applied(entries: number, durationMs: number): void;
}

/** Both reject with KvError. Any node takes them; the shard's leader carries them out. */
export interface ShardAdministration {
  changeMembers(
    shard: GroupId,
    request: MembershipRequest,
    context: RequestContext,
  ): Promise<MembershipAnswer>;
  transferLeader(
    shard: GroupId,
    request: TransferRequest,
    context: RequestContext,
  ): Promise<TransferAnswer>;
}

export interface KvService extends ShardAdministration {
  readonly node: NodeId;
  readonly cluster: string;
  readonly version: string;
  observer: NodeObserver | undefined;
  /** Rejects with KvError. */
  write(request: WriteRequest, context: RequestContext): Promise<WriteAnswer>;
  /** Rejects with KvError. */
  read(request: ReadRequest, context: RequestContext): Promise<ReadAnswer>;
  /** The shard a key belongs to, for headers of answers that never reached it. */
  shardOf(key: Buffer): GroupId;
  shards(): readonly ShardStatus[];
  nodes(): readonly NodeStatus[];
  /** Every check, the failing ones with the reason; ready means all are ok. */
  readiness(): readonly ReadyCheck[];
  statistics(): NodeStatistics;
  /** Set when the node has stopped serving because of its disk. */
  readonly failure: Error | undefined;
}
