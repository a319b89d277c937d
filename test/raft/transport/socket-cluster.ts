/**
 * Socket transports on free loopback ports for tests: builds them, introduces them to each other,
 * waits, and closes everything.
 */
import { realClock } from '../../../src/raft/clock.js';
import type { NodeId } from '../../../src/raft/core/types.js';
import type { TransportLogger } from '../../../src/raft/transport/logger.js';
import type { PeerIdentities } from '../../../src/raft/transport/peer-identities.js';
import {
  SocketTransport,
  type SocketTransportOptions,
} from '../../../src/raft/transport/socket-transport.js';
import type { Transport, TransportHandler } from '../../../src/raft/transport/types.js';
import { Recorder, type TransportWorld } from '../../contracts/transport.js';

/** Nothing listens there. */
export const nowhere = '127.0.0.1:1';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly reason: string;
}

export class LogLines implements TransportLogger {
  readonly lines: LogLine[] = [];

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }
  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }
  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }
  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  /** Reasons of the warnings and errors so far. */
  get warnings(): string[] {
    const loud = this.lines.filter(({ level }) => level === 'warn' || level === 'error');
    return loud.map(({ reason }) => reason);
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    const reason = 'reason' in fields ? String(fields.reason) : '';
    this.lines.push({ level, message, reason });
  }
}

export class MemoryIdentities implements PeerIdentities {
  readonly stores = new Map<NodeId, string>();

  known(node: NodeId): string | undefined {
    return this.stores.get(node);
  }

  async remember(node: NodeId, storeId: string): Promise<void> {
    this.stores.set(node, storeId);
  }
}

export interface TestNode {
  readonly transport: SocketTransport;
  readonly recorder: Recorder;
  readonly log: LogLines;
  readonly identities: MemoryIdentities;
}

/** A node of the cluster "test" with the given changes; not opened. */
export function makeNode(
  node: NodeId,
  peers: readonly NodeId[],
  changes: Partial<SocketTransportOptions> = {},
): TestNode {
  const log = new LogLines();
  const identities = new MemoryIdentities();
  const transport = new SocketTransport({
    node,
    storeId: `store-${node}`,
    clusterId: 'test',
    configurationDigest: 'digest',
    secret: 'a secret of the test cluster',
    listen: { host: '127.0.0.1', port: 0 },
    peers: peers.map((peer) => ({ node: peer, address: nowhere })),
    httpAddress: `127.0.0.1:${8400 + node}`,
    version: '1.2.3',
    clock: realClock,
    random: () => 0.5,
    logger: log,
    identities,
    ...changes,
  });
  return { transport, recorder: new Recorder(), log, identities };
}

export function addressOf(node: TestNode): string {
  return `127.0.0.1:${node.transport.port}`;
}

/** Opens two nodes and tells each where the other is. */
export async function openPair(one: TestNode, two: TestNode): Promise<void> {
  await one.transport.open(one.recorder);
  await two.transport.open(two.recorder);
  one.transport.setPeerAddress({ node: 2, address: addressOf(two) });
  two.transport.setPeerAddress({ node: 1, address: addressOf(one) });
}

export function isConnected(transport: Transport): boolean {
  return transport.peers().every((peer) => peer.connected);
}

/** Looks again with every pass of the event loop; the limit only ends a test that hangs. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export class SocketWorld implements TransportWorld {
  readonly #changes: Partial<SocketTransportOptions>;
  #transports: SocketTransport[] = [];

  constructor(changes: Partial<SocketTransportOptions> = {}) {
    this.#changes = changes;
  }

  async open(handlers: ReadonlyMap<NodeId, TransportHandler>): Promise<Map<NodeId, Transport>> {
    const ids = [...handlers.keys()];
    const transports = new Map<NodeId, SocketTransport>();
    for (const [node, handler] of handlers) {
      const others = ids.filter((other) => other !== node);
      const { transport } = makeNode(node, others, this.#changes);
      this.#transports.push(transport);
      await transport.open(handler);
      transports.set(node, transport);
    }
    for (const [node, transport] of transports) {
      for (const [other, { port }] of transports) {
        if (other === node) continue;
        transport.setPeerAddress({ node: other, address: `127.0.0.1:${port}` });
      }
    }
    await until('all connected', () => this.#transports.every(isConnected));
    return transports;
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return until(what, condition);
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}
