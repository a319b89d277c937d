/**
 * The transport between real processes: two dialled and two accepted streams per peer.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';
import { invariant } from '../core/invariant.js';
import type { NodeId } from '../core/types.js';
import { Acceptor, type FailedDetails } from './acceptor.js';
import type { TransportContext } from './context.js';
import { FrameScratch } from './frame-scratch.js';
import type { FramedSocket } from './framed-socket.js';
import { secretBytesMin } from './handshake.js';
import { type Hello, helloTextCharactersMax, nodeIdMax } from './hello.js';
import { type TransportLimits, transportLimits } from './limits.js';
import type { TransportLogger } from './logger.js';
import { Peer } from './peer.js';
import type { PeerIdentities } from './peer-identities.js';
import { printable } from './refusal.js';
import { RefusalLog } from './refusal-log.js';
import {
  type GroupMessage,
  type PeerAddress,
  type PeerStatus,
  RequestError,
  type RequestOptions,
  type Transport,
  type TransportHandler,
} from './types.js';

export interface SocketTransportOptions {
  readonly node: NodeId;
  /** Random id of this node's data folder. */
  readonly storeId: string;
  readonly clusterId: string;
  /** Digest of the fixed cluster configuration; equal on all nodes or they do not talk. */
  readonly configurationDigest: string;
  /** Shared by the cluster; at least `secretBytesMin` bytes, random ones. */
  readonly secret: string | Uint8Array;
  /** Port 0 takes a free one; see `port`. */
  readonly listen: { readonly host: string; readonly port: number };
  /** All other nodes. */
  readonly peers: readonly PeerAddress[];
  /** Told to the others, for hints and status pages. */
  readonly httpAddress: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: TransportLogger;
  readonly identities: PeerIdentities;
  readonly limits?: Partial<TransportLimits>;
}

export class SocketTransport implements Transport {
  readonly #context: TransportContext;
  readonly #peers = new Map<NodeId, Peer>();
  readonly #acceptor: Acceptor;
  readonly #refusals: RefusalLog;
  #handler: TransportHandler | undefined;
  #cancelTicks: (() => void) | undefined;
  #lastTickMs = 0;
  #closing: Promise<void> | undefined;

  /** Throws for settings that can never work; no I/O happens here. */
  constructor(options: SocketTransportOptions) {
    this.#context = makeContext(options);
    this.#refusals = new RefusalLog(options.logger);
    for (const peer of options.peers) {
      checkNodeId(peer.node);
      checkAddress(peer);
      invariant(peer.node !== options.node, 'a node is not its own peer');
      invariant(!this.#peers.has(peer.node), 'a peer is named once');
      this.#peers.set(peer.node, new Peer(this.#context, peer, () => this.#openHandler()));
    }
    this.#acceptor = new Acceptor({
      context: this.#context,
      listen: options.listen,
      streamsMax: 4 * options.peers.length,
      isMember: (node) => this.#peers.has(node),
      admit: async (hello) => this.#peers.get(hello.from)?.admit(hello),
      established: (socket, hello) => this.#accepted(socket, hello),
      failed: (reason, details) => this.#acceptFailed(reason, details),
    });
  }

  /** The peer port that was bound; 0 before `open`. */
  get port(): number {
    return this.#acceptor.port;
  }

  async open(handler: TransportHandler): Promise<void> {
    invariant(this.#handler === undefined, 'a transport is opened once');
    this.#handler = handler;
    await this.#acceptor.open();
    if (this.#closing !== undefined) return;
    const { clock, limits } = this.#context;
    this.#lastTickMs = clock.monotonicMs();
    this.#cancelTicks = clock.every(limits.pingIntervalMs, () => this.#tick());
    for (const peer of this.#peers.values()) peer.dial();
  }

  send(node: NodeId, messages: readonly GroupMessage[]): void {
    if (messages.length > 0) this.#peers.get(node)?.send(messages);
  }

  request(node: NodeId, body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    const peer = this.#peers.get(node);
    if (peer !== undefined && this.#closing === undefined) return peer.request(body, options);
    const why = peer === undefined ? `node ${node} is not a peer` : 'the transport is closed';
    return Promise.reject(new RequestError('not-sent', why));
  }

  /** From now on this peer is dialled there; streams to its old address are closed. */
  setPeerAddress(peer: PeerAddress): void {
    checkAddress(peer);
    const known = this.#peers.get(peer.node);
    invariant(known !== undefined, 'only a peer has an address');
    known.setAddress(peer.address);
  }

  peers(): readonly PeerStatus[] {
    return [...this.#peers.values()].map((peer) => peer.status());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelTicks?.();
    const peers = [...this.#peers.values()];
    await this.#acceptor.close(Promise.all(peers.map((peer) => peer.close())));
  }

  #openHandler(): TransportHandler {
    invariant(this.#handler !== undefined, 'streams exist only after open');
    return this.#handler;
  }

  #tick(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const sinceLastMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    for (const peer of this.#peers.values()) peer.tick(nowMs, sinceLastMs);
  }

  #accepted(socket: FramedSocket, hello: Hello): void {
    this.#refusals.clear(String(hello.from));
    this.#peers.get(hello.from)?.accepted(socket, hello);
  }

  #acceptFailed(reason: string, details: FailedDetails): void {
    if (this.#closing !== undefined) return;
    const fields = { reason, ...details };
    this.#refusals.warn(String(details.claimedNode), fields, 'peer stream refused');
  }
}

function makeContext(options: SocketTransportOptions): TransportContext {
  checkNodeId(options.node);
  const { secret: given } = options;
  const secret = typeof given === 'string' ? Buffer.from(given, 'utf8') : Buffer.from(given);
  if (secret.length < secretBytesMin) {
    throw new RangeError(`the cluster secret has ${secret.length} bytes, not ${secretBytesMin}`);
  }
  const self = {
    node: options.node,
    cluster: options.clusterId,
    configuration: options.configurationDigest,
    store: options.storeId,
    instance: randomBytes(16).toString('base64url'),
    httpAddress: options.httpAddress,
    version: options.version,
  };
  for (const [name, value] of Object.entries(self)) {
    if (typeof value !== 'string') continue;
    if (value.length > helloTextCharactersMax || printable(value) !== value) {
      throw new RangeError(`"${name}" is too long or has unprintable characters`);
    }
  }
  return {
    self,
    secret,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    identities: options.identities,
    limits: transportLimits(options.limits),
    scratch: new FrameScratch(),
  };
}

function checkNodeId(node: NodeId): void {
  if (Number.isInteger(node) && node >= 1 && node <= nodeIdMax) return;
  throw new RangeError(`node id ${node} is not between 1 and ${nodeIdMax}`);
}

/** An address is checked when it is given, not when it is dialled for the first time. */
function checkAddress(peer: PeerAddress): void {
  let url: URL;
  try {
    url = new URL(`http://${peer.address}`);
  } catch {
    throw new RangeError(`the address "${peer.address}" of node ${peer.node} is not host:port`);
  }
  if (url.host !== '' && url.pathname === '/' && url.search === '' && url.username === '') return;
  throw new RangeError(`the address "${peer.address}" of node ${peer.node} is not host:port`);
}
