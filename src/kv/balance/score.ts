/**
 * How even the cluster is: per node what it holds against what it should, and how that is made up.
 */
import type { NodeId } from '../../raft/core/types.js';

export interface NodeScore {
  readonly node: NodeId;
  readonly replicas: number;
  readonly leaders: number;
  readonly bytes: number;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** What it holds, in mean shards. */
  readonly load: number;
  /** What it should hold by its weight, and the most that it may. */
  readonly share: number;
  readonly bound: number;
  /** load / share: 1 is even. */
  readonly score: number;
}

export interface ClusterScore {
  /** The greatest and the smallest score of a node that should hold something. */
  readonly busiest: number;
  readonly idlest: number;
  /** The most shards preferred on one node against its share of them. */
  readonly busiestLeader: number;
  /** Voters missing in all shards together. */
  readonly missingReplicas: number;
  /** Replicas on nodes that are dead for good or draining. */
  readonly misplacedReplicas: number;
  /** Shards with more replicas in a zone than need be. */
  readonly zoneConflicts: number;
}
