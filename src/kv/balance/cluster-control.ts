/**
 * What the driver of jobs sees of the shards and does to them. Every request names a goal and may
 * be repeated; those that change who holds what are bound to the epoch that was seen, so that a
 * request which arrives late, from a driver that was replaced, changes nothing.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { MembershipRequest, ShardMember } from '../service.js';
import type { HashRange, ShardEpoch } from '../store/types.js';

/** A shard as its own leader sees it: not as the map has it. */
export interface ShardSight {
  readonly shard: GroupId;
  readonly range: HashRange;
  readonly epoch: ShardEpoch;
  readonly leader: NodeId;
  readonly members: readonly ShardMember[];
  /** A change of the members is under way. */
  readonly changing: boolean;
  /** It is being merged into its neighbour and serves nothing until that has ended. */
  readonly sealed: boolean;
  /** Snapshots that its leader sends. */
  readonly copies: readonly {
    readonly to: NodeId;
    readonly done: number;
    readonly total: number;
  }[];
}

/** `gone`: the group is known to have ended. `unknown`: nobody who leads it was found. */
export type Sighting = ShardSight | 'gone' | 'unknown';

export interface SplitRequest {
  readonly shard: GroupId;
  readonly at: number;
  readonly child: GroupId;
  readonly expectedRangeEpoch: number;
}

export interface MergeRequest {
  readonly left: GroupId;
  readonly right: GroupId;
  readonly expectedLeft: ShardEpoch;
  readonly expectedRight: ShardEpoch;
}

/** Whatever becomes of a request and of who sent it: after this nobody carries it out any more. */
export const requestLifetimeMs = 10_000;

/** All but `look` reject with KvError. */
export interface ClusterControl {
  look(shard: GroupId): Promise<Sighting>;
  /** Resolves when the change is in force, or goes on without being waited for. */
  changeMembers(shard: GroupId, request: MembershipRequest): Promise<void>;
  transferLeader(shard: GroupId, to: NodeId): Promise<void>;
  /** Resolves when the child is there. */
  split(request: SplitRequest): Promise<void>;
  /** Seals the right one, has the left one absorb it, or opens the right one again. */
  merge(request: MergeRequest): Promise<void>;
}
