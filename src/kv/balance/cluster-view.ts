/**
 * What every decision about placement is made from: the cluster as the meta group's documents
 * describe it at one moment. Immutable and complete: nothing below asks for the time, another
 * node or chance, so the same view gives the same plan wherever it is made, and a plan can be
 * explained from its view alone. The documents fit these types as they are; what a decision does
 * not need (addresses, store ids) is left out.
 */
import type { GroupId, Member, NodeId } from '../../raft/core/types.js';
import type { HashRange, ShardEpoch } from '../store/types.js';

export interface ViewNode {
  readonly id: NodeId;
  readonly zone: string;
  readonly weight: number;
  readonly state: 'up' | 'suspect' | 'dead';
  readonly stateSinceMs: number;
  /** An operator wants it empty: nothing new is placed here, what is here goes. */
  readonly draining: boolean;
}

export type MemberRole = 'voter' | 'learner';

export interface ViewMember extends Member {
  readonly role: MemberRole;
}

/** As measured by the shard's leader some time ago. */
export interface ShardStatistics {
  readonly keys: number;
  readonly bytes: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** The hash below which half of the data lies; without it a split takes the range's middle. */
  readonly middle?: number | undefined;
}

export interface ViewShard {
  readonly group: GroupId;
  readonly range: HashRange;
  readonly epoch: ShardEpoch;
  /** Given at birth and kept. */
  readonly ringPosition: number;
  readonly members: readonly ViewMember[];
  readonly preferredLeader: NodeId;
  /** Learners that are wanted for reading; others are left over from something. */
  readonly readReplicas?: number | undefined;
  /** When a split or merge last changed its range; never, when missing. */
  readonly rangeSinceMs?: number | undefined;
  readonly statistics?: ShardStatistics | undefined;
}

/** An operator's word about one shard and one node; no plan goes against it. */
export interface Pin {
  readonly id: string;
  readonly shard: GroupId;
  readonly node: NodeId;
  /** The node holds a voter; it holds nothing; it holds a voter and is the preferred leader. */
  readonly kind: 'replica' | 'no-replica' | 'leader';
}

export interface AutoSplitSettings {
  readonly enabled: boolean;
  /** A shard above either of these is cut in two. */
  readonly bytes: number;
  readonly requestsPerSecond: number;
  /** No more shards than this by automatic splits. */
  readonly shardsMax: number;
}

export interface AutoMergeSettings {
  readonly enabled: boolean;
  /** Two neighbours become one when together they are below both of these. */
  readonly bytes: number;
  readonly requestsPerSecond: number;
  /** No fewer shards than this by automatic merges. */
  readonly shardsMin: number;
  /** A range that changed within this time is left alone. */
  readonly quietMs: number;
}

export interface BalanceSettings {
  readonly replicas: 1 | 3 | 5;
  /** Silent for so long, a node is called dead: by whoever listens, plans go by its state. */
  readonly deadAfterMs: number;
  readonly balancer: {
    /** Steps under way at once, in all and with one node in them. */
    readonly maxConcurrent: number;
    readonly maxPerNode: number;
    readonly maxBytesPerSecond: number;
    readonly autoSplit: AutoSplitSettings;
    readonly autoMerge: AutoMergeSettings;
  };
}

export interface ClusterView {
  readonly nowMs: number;
  /** The map's: a plan is right for this epoch only. */
  readonly epoch: number;
  /** The next group that was never given. */
  readonly nextGroup: GroupId;
  /** Ascending by id. */
  readonly nodes: readonly ViewNode[];
  /** In the order of their ranges. */
  readonly shards: readonly ViewShard[];
  readonly pins: readonly Pin[];
  readonly settings: BalanceSettings;
  /** Shards that a job holds, with the job's id. */
  readonly busy: ReadonlyMap<GroupId, string>;
}

export function votersOf(shard: ViewShard): NodeId[] {
  return shard.members.flatMap(({ node, role }) => (role === 'voter' ? [node] : []));
}

export function learnersOf(shard: ViewShard): NodeId[] {
  return shard.members.flatMap(({ node, role }) => (role === 'learner' ? [node] : []));
}
