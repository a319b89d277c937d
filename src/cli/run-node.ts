/**
 * One node with its HTTP server, from a checked configuration: where the command line meets the
 * rest.
 */
import { defaultLimits } from '../http/limits.js';
import { createHttpServer, type HttpServer } from '../http/server.js';
import { DataFolderError } from '../kv/data-folder-error.js';
import { type OpenNode, openNode } from '../kv/open-node.js';
import { NodeDataError } from '../kv/start-groups.js';
import { StoreError } from '../kv/store/store-error.js';
import { ImpossibleInput } from '../raft/core/impossible-input.js';
import { WalError } from '../raft/wal/errors.js';
import { formatAddress } from './address.js';
import { CommandError } from './command-errors.js';
import type { NodeConfig } from './config.js';
import { exitCodes } from './exit-codes.js';
import { createLogger, type Logger } from './logger.js';
import { clientConnections, openFileLimit } from './open-files.js';
import type { RunningNode } from './running-node.js';
import { ownVersion } from './version.js';

/** Leaders move within a round trip or two; whoever cannot be reached is not waited for longer. */
const handOverMs = 2_000;
/** For what other nodes have forwarded here. */
const drainMs = 1_000;

/** Resolves when the node listens on both ports. Rejects with a message for an operator. */
export async function runNode(config: NodeConfig): Promise<RunningNode> {
  const logger = createLogger(config);
  const node = await openNode(nodeOptions(config, logger)).catch((error: unknown) => {
    throw startError(error);
  });
  const http = createHttpServer({
    service: node.node,
    host: config.http.host,
    port: config.http.port,
    logger,
    limits: { valueBytesMax: config.valueBytesMax, connectionsMax: await connectionsMax(config) },
    allowedHosts: [config.httpAdvertise],
  });
  try {
    await http.listen();
  } catch (error) {
    await node.close();
    throw startError(error);
  }
  const { nodeId, clusterId, dir } = config;
  const fields = { node: nodeId, cluster: clusterId, http: formatAddress(config.http), dir };
  logger.info({ ...fields, peer: formatAddress(config.peer) }, 'node is up');
  return { close: closeOnce(node, http, logger) };
}

function nodeOptions(config: NodeConfig, logger: Logger): Parameters<typeof openNode>[0] {
  const { nodeId, clusterId, dir, nodes, shards, replicas, peer } = config;
  return {
    node: nodeId,
    clusterId,
    dir,
    configuration: {
      nodes: nodes.map(({ node, zone, weight }) => ({ id: node, zone, weight })),
      shards,
      replicas,
    },
    peerListen: peer,
    peers: [...config.peerAddresses].map(([node, address]) => ({ node, address })),
    httpAddress: config.httpAdvertise,
    peerAddress: formatAddress(peer),
    secret: config.secret.reveal(),
    segmentBytes: config.segmentBytes,
    version: ownVersion(),
    logger,
    onFailure: (error) =>
      logger.fatal({ err: error }, 'this node answers 503 from now on; mend the cause and restart'),
  };
}

/** Clients must not take the descriptors that the log needs. */
async function connectionsMax({ segmentBytes, peerAddresses }: NodeConfig): Promise<number> {
  const usual = defaultLimits.connectionsMax;
  const openFiles = (await openFileLimit()) ?? Number.POSITIVE_INFINITY;
  return Math.min(usual, clientConnections(openFiles, { segmentBytes, peers: peerAddresses.size }));
}

/**
 * Leaderships go while clients are still served over the connections they have, then what is under
 * way is finished, then the rest closes.
 */
function closeOnce(node: OpenNode, http: HttpServer, logger: Logger): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async () => {
    await Promise.all([node.node.handOver(handOverMs), http.close()]);
    await node.node.drain(drainMs);
    await node.close();
    logger.info({}, 'node is down');
  };
  return () => {
    closing ??= close();
    return closing;
  };
}

/** What an operator can mend is told in words; anything else keeps its stack. */
function startError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const known = [DataFolderError, NodeDataError, StoreError, WalError, ImpossibleInput];
  if (known.some((kind) => error instanceof kind)) {
    return new CommandError(error.message, exitCodes.failed);
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' || code === 'EACCES') {
    return new CommandError(`Cannot listen: ${error.message}.`, exitCodes.failed);
  }
  return error;
}
