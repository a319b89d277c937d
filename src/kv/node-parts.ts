/**
 * The parts that a node is put together from. `open-node.ts` makes the real ones, the tests and
 * the simulator others.
 */
import type { Clock } from '../raft/clock.js';
import type { NodeId } from '../raft/core/types.js';
import type { Transport } from '../raft/transport/types.js';
import type { Wal } from '../raft/wal/types.js';
import type { ClusterConfiguration } from './cluster-configuration.js';
import type { ShardMap } from './shard/shard-map.js';
import type { Store } from './store/types.js';
import type { NodeTuning } from './tuning.js';

export interface NodeLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface KvNodeParts {
  readonly node: NodeId;
  readonly cluster: string;
  readonly version: string;
  readonly configuration: ClusterConfiguration;
  readonly map: ShardMap;
  readonly httpAddress: string;
  readonly peerAddress: string;
  readonly wal: Wal;
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: NodeLogger;
  /** Limits and periods that differ from production's, for tests and the simulator. */
  readonly tuning?: Partial<NodeTuning>;
  /** True when peers have met this node before: then its log cannot be new. */
  readonly metPeers: boolean;
  /** Where the log lies, for messages. */
  readonly walPath: string;
  /** Called once when the node stops serving because of its disk or of impossible input. */
  readonly onFailure: (error: Error) => void;
}
