/**
 * Everything a seed decides before the run begins: the cluster, the limits of its nodes, the
 * clients, and the schedule of faults. Plain data: it is printed, cut down and run again.
 */

import type { CheckpointLimits } from '../../src/kv/store/checkpointer.js';
import type { NodeTuning } from '../../src/kv/tuning.js';
import type { NodeId } from '../../src/raft/core/types.js';
import type { Fault } from './faults.js';

export interface RunPlan {
  readonly seed: number;
  /** How long clients and faults go on, virtual milliseconds. */
  readonly durationMs: number;
  readonly cluster: ClusterPlan;
  readonly network: NetworkPlan;
  readonly disk: DiskPlan;
  readonly clients: readonly ClientPlan[];
  readonly faults: readonly Fault[];
}

export interface ClusterPlan {
  readonly nodes: number;
  readonly shards: number;
  readonly replicas: 1 | 3 | 5;
  readonly tuning: Partial<NodeTuning>;
  readonly checkpoint: Partial<CheckpointLimits>;
  readonly segmentBytes: number;
  readonly logBytesMax: number;
  /** How long a node's loop gathers what arrives before it takes its turn. */
  readonly turnMs: number;
  /** How long a node that stopped serving waits for its operator. */
  readonly repairMs: number;
}

/** The weather when no fault says otherwise. */
export interface NetworkPlan {
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
  readonly reconnectMs: number;
  readonly silenceMs: number;
}

export interface DiskPlan {
  readonly syncMinMs: number;
  readonly syncMaxMs: number;
}

/** One client: one operation at a time, at one node as long as that answers. */
export interface ClientPlan {
  readonly id: number;
  readonly node: NodeId;
  /** Of the keys `k0`, `k1`, ...; low ones are used more. */
  readonly keys: number;
  readonly thinkMs: number;
  readonly timeoutMs: number;
  /** Changes the node now and then even when it answers. */
  readonly roams: boolean;
  /** Asks its node again and again, whatever that answers. */
  readonly stays?: boolean;
  /** How often of 100 each kind of operation comes. */
  readonly mix: {
    readonly put: number;
    readonly conditionalPut: number;
    readonly delete: number;
    readonly read: number;
    readonly staleRead: number;
  };
  readonly valueBytesMax: number;
  /** Operations after which it stops; shrinking lowers it. */
  readonly operationsMax: number;
}
