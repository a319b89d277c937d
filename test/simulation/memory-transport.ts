/**
 * One node's Transport on a MemoryNetwork.
 *
 * Frames go through the real codec, so that no object is shared between two nodes and a message
 * that cannot be encoded is found here too.
 */
import type { Clock } from '../../src/raft/clock.js';
import { invariant } from '../../src/raft/core/invariant.js';
import type { NodeId } from '../../src/raft/core/types.js';
import { ByteWriter } from '../../src/raft/transport/byte-writer.js';
import { frameHeaderBytes } from '../../src/raft/transport/frame.js';
import type { StreamKind } from '../../src/raft/transport/hello.js';
import type { TransportLimits } from '../../src/raft/transport/limits.js';
import { messageBytes } from '../../src/raft/transport/message-codec.js';
import { Outbox } from '../../src/raft/transport/outbox.js';
import { decodeRecords } from '../../src/raft/transport/record-codec.js';
import { StreamChoice } from '../../src/raft/transport/stream-choice.js';
import {
  type GroupMessage,
  type PeerInfo,
  type PeerStatus,
  RequestError,
  type RequestOptions,
  type Transport,
  type TransportHandler,
} from '../../src/raft/transport/types.js';
import type { MemoryNetwork, MemoryProcess } from './memory-network.js';

type Answer = (body: Buffer | undefined, failure: 'unknown' | 'queue-full') => void;

interface OpenRequest {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: RequestError) => void;
  readonly cancelTimer: () => void;
}

/** One direction to one peer, from connect to loss. A new one is made for each connection. */
class MemoryLink {
  /** Sent and not yet delivered. */
  readonly queuedBytes = { control: 0, bulk: 0 };
  /** First in first out: nothing is delivered before what was sent before it. */
  readonly deliveredMs = { control: 0, bulk: 0 };
  readonly requests = new Map<number, OpenRequest>();
  up = true;
}

class MemoryPeer {
  link: MemoryLink | undefined;
  info: PeerInfo | undefined;
  lastError: string | undefined = 'not connected yet';
  droppedMessages = 0;
  inProgress = 0;
  inProgressBytes = 0;
  readonly choice: StreamChoice;

  constructor(limits: TransportLimits) {
    this.choice = new StreamChoice(limits);
  }
}

export interface MemoryTransportParts extends MemoryProcess {
  readonly network: MemoryNetwork;
  readonly info: PeerInfo;
  readonly peers: readonly NodeId[];
}

export class MemoryTransport implements Transport {
  readonly info: PeerInfo;
  readonly #network: MemoryNetwork;
  readonly #clock: Clock;
  readonly #enter: (run: () => void) => void;
  readonly #peers = new Map<NodeId, MemoryPeer>();
  readonly #writer = new ByteWriter(64 * 1024);
  #handler: TransportHandler | undefined;
  #nextRequest = 1;
  #closed = false;

  constructor({ network, info, peers, clock, enter }: MemoryTransportParts) {
    this.#network = network;
    this.info = info;
    this.#clock = clock;
    this.#enter = enter;
    for (const peer of peers) this.#peers.set(peer, new MemoryPeer(network.limits));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Opened and not closed. */
  get live(): boolean {
    return this.#handler !== undefined && !this.#closed;
  }

  async open(handler: TransportHandler): Promise<void> {
    invariant(this.#handler === undefined, 'a transport is opened once');
    this.#handler = handler;
    for (const peer of this.#peers.keys()) this.#network.reconnectLater(this.info.node, peer);
  }

  send(node: NodeId, messages: readonly GroupMessage[]): void {
    const peer = this.#peers.get(node);
    if (peer === undefined || messages.length === 0) return;
    const { link } = peer;
    if (link === undefined || this.#closed) {
      peer.droppedMessages += messages.length;
      return;
    }
    const chosen = peer.choice.split(messages, this.#clock.monotonicMs());
    this.#sendOn(node, peer, link, 'control', chosen.control);
    this.#sendOn(node, peer, link, 'bulk', chosen.bulk);
  }

  request(node: NodeId, body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    const link = this.#closed ? undefined : this.#peers.get(node)?.link;
    if (link === undefined) {
      return Promise.reject(new RequestError('not-sent', `no stream to node ${node}`));
    }
    const { limits } = this.#network;
    const full = link.queuedBytes.bulk + body.length > limits.bulkQueueBytesMax;
    if (full || link.requests.size >= limits.requestsWaitingMax) {
      return Promise.reject(new RequestError('queue-full', 'the queue to this node is full'));
    }
    const id = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#clock.after(options.timeoutMs, () => {
        link.requests.delete(id);
        reject(new RequestError('unknown', 'the time ran out before the answer came'));
      });
      link.requests.set(id, { resolve, reject, cancelTimer });
      const request = { id, body: Buffer.from(body) };
      this.#carry(node, link, 'bulk', body.length, (tookMs) => {
        const leftMs = Math.floor(options.timeoutMs - tookMs);
        const target = this.#network.live(node);
        target?.serve(this.info.node, request.body, leftMs, (answer, failure) =>
          this.#enter(() => this.#answered(node, link, id, answer, failure)),
        );
      });
    });
  }

  peers(): readonly PeerStatus[] {
    return [...this.#peers].map(([node, peer]) => ({
      node,
      address: `memory:${node}`,
      connected: peer.link !== undefined,
      info: peer.info,
      lastError: peer.link === undefined ? peer.lastError : undefined,
      queuedBytes: (peer.link?.queuedBytes.control ?? 0) + (peer.link?.queuedBytes.bulk ?? 0),
      droppedMessages: peer.droppedMessages,
      roundTripMs: undefined,
    }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const node of this.#peers.keys()) this.lose(node, 'this node is closing');
    this.#network.left(this.info.node);
  }

  /** The process is gone in the middle of what it did: nobody here is told, its peers notice. */
  kill(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const peer of this.#peers.values()) {
      if (peer.link !== undefined) peer.link.up = false;
      peer.link = undefined;
    }
    this.#network.left(this.info.node);
  }

  /** Called by the network: streams both ways work from now on. */
  connect(node: NodeId, info: PeerInfo): void {
    const peer = this.#peers.get(node);
    if (peer === undefined || peer.link !== undefined) return;
    peer.link = new MemoryLink();
    peer.info = info;
  }

  /** Called by the network: the streams to this node are gone, with everything on them. */
  lose(node: NodeId, why: string): void {
    const peer = this.#peers.get(node);
    const link = peer?.link;
    if (peer === undefined || link === undefined) return;
    peer.link = undefined;
    peer.lastError = why;
    link.up = false;
    const open = [...link.requests.values()];
    link.requests.clear();
    this.#enter(() => {
      for (const request of open) {
        request.cancelTimer();
        request.reject(new RequestError('unknown', why));
      }
      if (!this.#closed) this.#handler?.onUnreachable(node);
    });
  }

  deliver(from: NodeId, payload: Buffer): void {
    this.#enter(() => {
      const content = decodeRecords(payload);
      invariant(typeof content !== 'string', `a frame of our own cannot be read: ${content}`);
      if (!this.#closed) this.#handler?.onMessages(from, content.messages);
    });
  }

  serve(from: NodeId, body: Buffer, timeoutMs: number, answer: Answer): void {
    this.#enter(() => void this.#serve(from, body, timeoutMs, answer));
  }

  async #serve(from: NodeId, body: Buffer, timeoutMs: number, answer: Answer): Promise<void> {
    const peer = this.#peers.get(from);
    if (peer === undefined || this.#handler === undefined) return;
    const { requestsInProgressMax, requestBytesInProgressMax } = this.#network.limits;
    const full =
      peer.inProgress >= requestsInProgressMax ||
      peer.inProgressBytes + body.length > requestBytesInProgressMax;
    if (full) {
      this.#carryAnswer(from, () => answer(undefined, 'queue-full'));
      return;
    }
    peer.inProgress++;
    peer.inProgressBytes += body.length;
    let result: Buffer | undefined;
    try {
      result = Buffer.from(await this.#handler.onRequest({ from, body, timeoutMs }));
    } catch {
      result = undefined;
    }
    peer.inProgress--;
    peer.inProgressBytes -= body.length;
    if (this.live) this.#carryAnswer(from, () => answer(result, 'unknown'));
  }

  #sendOn(
    node: NodeId,
    peer: MemoryPeer,
    link: MemoryLink,
    kind: StreamKind,
    messages: readonly GroupMessage[],
  ): void {
    const { limits } = this.#network;
    const bytesMax = kind === 'control' ? limits.controlQueueBytesMax : limits.bulkQueueBytesMax;
    const outbox = new Outbox(limits.frameBytesTarget);
    for (const item of messages) {
      const bytes = messageBytes(item.message);
      const queued = link.queuedBytes[kind] + outbox.queuedBytes;
      if (bytes > limits.frameBytesMax || queued + bytes > bytesMax) peer.droppedMessages++;
      else outbox.addMessage(item, bytes);
    }
    while (!outbox.empty) {
      const frame = outbox.encodeFrame(this.#writer, 0);
      const payload = Buffer.from(frame.subarray(frameHeaderBytes));
      const self = this.info.node;
      const { duplicateRate, reorderRate } = this.#network.faults;
      const copies = this.#network.chance(self, node, duplicateRate) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const reordered = this.#network.chance(self, node, reorderRate);
        const deliver = () => this.#network.live(node)?.deliver(this.info.node, payload);
        this.#carry(node, link, kind, payload.length, deliver, reordered);
      }
    }
  }

  /** Brings something over, in the order of its stream, unless it is lost on the way. */
  #carry(
    node: NodeId,
    link: MemoryLink,
    kind: StreamKind,
    bytes: number,
    arrive: (tookMs: number) => void,
    reordered = false,
  ): void {
    const { clock } = this.#network;
    const self = this.info.node;
    const nowMs = clock.monotonicMs();
    const lost = this.#network.lost(self, node);
    const delayMs = this.#network.delayMs(self, node);
    // What is reordered takes up to twice as long and does not hold back what follows.
    let atMs = nowMs + (reordered ? delayMs + this.#network.delayMs(self, node) : delayMs);
    if (!reordered) {
      atMs = Math.max(atMs, link.deliveredMs[kind]);
      link.deliveredMs[kind] = atMs;
    }
    link.queuedBytes[kind] += bytes;
    clock.after(atMs - nowMs, () => {
      link.queuedBytes[kind] -= bytes;
      // A cut takes what is on the way, too.
      if (!lost && link.up && !this.#network.isCut(self, node)) arrive(atMs - nowMs);
    });
  }

  #carryAnswer(to: NodeId, arrive: () => void): void {
    const lost = this.#network.lost(this.info.node, to);
    const delayMs = this.#network.delayMs(this.info.node, to);
    this.#network.clock.after(delayMs, () => {
      if (!lost && !this.#network.isCut(this.info.node, to)) arrive();
    });
  }

  #answered(
    node: NodeId,
    link: MemoryLink,
    id: number,
    answer: Buffer | undefined,
    failure: 'unknown' | 'queue-full',
  ): void {
    const request = link.requests.get(id);
    if (request === undefined || !link.up) return;
    link.requests.delete(id);
    request.cancelTimer();
    if (answer !== undefined) request.resolve(answer);
    else request.reject(new RequestError(failure, `node ${node} did not answer the request`));
  }
}
