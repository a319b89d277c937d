/**
 * Builds a node from its real parts: data folder, log, SQLite, sockets. Opens them in the order
 * in which each needs the one before, and closes what was opened when one of them fails.
 */
import type { Clock } from '../raft/clock.js';
import { realClock } from '../raft/clock.js';
import type { NodeId } from '../raft/core/types.js';
import { SocketTransport } from '../raft/transport/socket-transport.js';
import type { PeerAddress } from '../raft/transport/types.js';
import type { WalObserver } from '../raft/wal/types.js';
import { createWal, type WalOptions } from '../raft/wal/wal.js';
import type { ClusterConfiguration } from './cluster-configuration.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { KvNode } from './node.js';
import type { NodeLogger } from './node-parts.js';
import { hashOf } from './shard/hash.js';
import { initialShardMap } from './shard/shard-map.js';
import { placeBy } from './store/document-place.js';
import { SqliteStore } from './store/sqlite-store.js';

export interface OpenNodeOptions {
  readonly node: NodeId;
  readonly clusterId: string;
  /** The data folder; made at the first start. */
  readonly dir: string;
  readonly configuration: ClusterConfiguration;
  readonly peerListen: { readonly host: string; readonly port: number };
  /** All other nodes, as this node reaches them. */
  readonly peers: readonly PeerAddress[];
  /** What clients and peers are told. */
  readonly httpAddress: string;
  readonly peerAddress: string;
  readonly secret: string;
  readonly segmentBytes: number;
  readonly version: string;
  readonly logger: NodeLogger;
  /** Called once when the node stops serving; it then answers 503 until it is restarted. */
  readonly onFailure: (error: Error) => void;
}

export interface OpenNode {
  readonly node: KvNode;
  /** Closes node and folder. Idempotent. */
  close(): Promise<void>;
}

/** Rejects with an error whose message is meant for an operator. */
export async function openNode(options: OpenNodeOptions): Promise<OpenNode> {
  const { node: nodeId, clusterId, configuration } = options;
  const folder = await openDataFolder(options.dir, { clusterId, nodeId, configuration });
  let node: KvNode | undefined;
  const close = async () => {
    try {
      await node?.close();
    } finally {
      folder.close();
    }
  };
  try {
    node = buildNode(options, folder, realClock);
    await node.open();
  } catch (error) {
    await close().catch((closing: Error) => {
      options.logger.warn({ err: closing }, 'closing after a failed start');
    });
    throw error;
  }
  const opened = node;
  return { node: opened, close };
}

function buildNode(options: OpenNodeOptions, folder: DataFolder, clock: Clock): KvNode {
  const { configuration, logger, version, clusterId, httpAddress } = options;
  const { map, lacks } = initialShardMap(configuration);
  for (const lack of lacks) logger.warn({}, lack);
  const random = Math.random;
  let observeWal: WalObserver = () => {};
  const wal = createWal({
    dir: folder.path,
    clock,
    segmentBytes: options.segmentBytes,
    observer: (batch) => observeWal(batch),
    onWarning: walWarningLogger(logger),
    onFailure: (error) => node.stopServing(error),
  });
  const store = new SqliteStore({
    dir: folder.statePath,
    hash: placeBy(hashOf),
    cluster: clusterId,
    clock,
    logger,
  });
  const transport = new SocketTransport({
    node: options.node,
    storeId: folder.storeId,
    clusterId,
    configurationDigest: folder.configurationDigest,
    secret: options.secret,
    listen: options.peerListen,
    peers: options.peers,
    httpAddress,
    version,
    clock,
    random,
    logger,
    identities: folder.peers,
  });
  const node = new KvNode({
    node: options.node,
    cluster: clusterId,
    version,
    configuration,
    map,
    httpAddress,
    peerAddress: options.peerAddress,
    wal,
    store,
    transport,
    clock,
    random,
    logger,
    metPeers: configuration.nodes.some(({ id }) => folder.peers.known(id) !== undefined),
    walPath: folder.walPath,
    onFailure: options.onFailure,
  });
  observeWal = (batch) => node.observer?.walBatch(batch);
  return node;
}

function walWarningLogger(logger: NodeLogger): NonNullable<WalOptions['onWarning']> {
  return (warning) => {
    const message =
      warning.kind === 'torn-tail'
        ? 'the log ended in a batch that was never acknowledged; it was cut'
        : 'a file that is not of the log lies in its folder; it was left alone';
    logger.warn(warning, message);
  };
}
