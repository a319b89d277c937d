/**
 * Everything this node holds of one other node: the two streams it dialled, the two it accepted,
 * the identity it admits, and the counters an operator sees.
 */
import type { NodeId } from '../core/types.js';
import type { TransportContext } from './context.js';
import { DialledStream } from './dialled-stream.js';
import type { FramedSocket } from './framed-socket.js';
import { duplicateProcess, reusedNodeId } from './handshake.js';
import type { Hello, StreamKind } from './hello.js';
import { Link, type LinkUser } from './link.js';
import type { FrameContent } from './record-codec.js';
import { type Refusal, refusal, refusalText } from './refusal.js';
import { RefusalLog } from './refusal-log.js';
import { RequestIntake } from './request-intake.js';
import { StreamChoice } from './stream-choice.js';
import {
  type GroupMessage,
  type PeerAddress,
  type PeerStatus,
  RequestError,
  type RequestOptions,
  type TransportHandler,
} from './types.js';

/** Both streams of a peer usually have the same trouble: it is logged once for both. */
const trouble = 'trouble';

export class Peer {
  readonly node: NodeId;
  readonly #context: TransportContext;
  readonly #handler: () => TransportHandler;
  readonly #control: DialledStream;
  readonly #bulk: DialledStream;
  readonly #accepted = new Map<StreamKind, Link>();
  readonly #intake: RequestIntake;
  readonly #log: RefusalLog;
  readonly #choice: StreamChoice;
  #address: string;
  #remembering: { readonly store: string; readonly done: Promise<void> } | undefined;
  #said: Hello | undefined;
  #droppedMessages = 0;
  #toldUnreachable = false;
  #closed = false;

  constructor(context: TransportContext, peer: PeerAddress, handler: () => TransportHandler) {
    this.node = peer.node;
    this.#context = context;
    this.#handler = handler;
    this.#address = peer.address;
    this.#log = new RefusalLog(context.logger);
    const { limits, logger } = context;
    this.#intake = new RequestIntake({ from: peer.node, limits, logger });
    this.#choice = new StreamChoice(limits);
    this.#control = this.#stream('control');
    this.#bulk = this.#stream('bulk');
  }

  dial(): void {
    this.#control.dial();
    this.#bulk.dial();
  }

  setAddress(address: string): void {
    this.#address = address;
    this.#control.setAddress(address);
    this.#bulk.setAddress(address);
  }

  send(messages: readonly GroupMessage[]): void {
    const chosen = this.#choice.split(messages, this.#context.clock.monotonicMs());
    if (chosen.control.length > 0) this.#droppedMessages += sendOn(this.#control, chosen.control);
    if (chosen.bulk.length > 0) this.#droppedMessages += sendOn(this.#bulk, chosen.bulk);
  }

  request(body: Uint8Array, options: RequestOptions): Promise<Buffer> {
    const link = this.#bulk.link;
    if (link !== undefined) return link.request(body, options);
    const why = `no stream to node ${this.node}: ${this.#bulk.lastError ?? 'not connected yet'}`;
    return Promise.reject(new RequestError('not-sent', why));
  }

  /**
   * Whether a process with this hello may be linked to: the data folder we know, and no second
   * process beside a live one. Resolves when the identity is durable.
   */
  async admit(hello: Hello): Promise<Refusal | undefined> {
    if (this.#hasOtherInstance(hello)) return duplicateProcess(this.node);
    const known = this.#context.identities.known(this.node) ?? this.#remembering?.store;
    if (known !== undefined && known !== hello.store) {
      return reusedNodeId(this.node, known, hello.store);
    }
    try {
      await this.#remember(hello.store);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refusal('identity-not-stored', `node ${this.node} cannot be remembered: ${why}`);
    }
    return this.#hasOtherInstance(hello) ? duplicateProcess(this.node) : undefined;
  }

  /** Takes over an accepted stream; one of the same kind from the same process gives way. */
  accepted(socket: FramedSocket, hello: Hello): void {
    const conflict = this.#conflict(hello);
    if (conflict !== undefined || this.#closed) {
      socket.close(conflict ?? 'this node is closing');
      return;
    }
    const { clock, limits, scratch, logger } = this.#context;
    this.#accepted.get(hello.stream)?.close('the peer opened this stream anew');
    const link = new Link({ socket, hello, clock, limits, scratch, user: this.#acceptedUser() });
    this.#accepted.set(hello.stream, link);
    this.#said = hello;
    logger.debug({ peer: this.node, stream: hello.stream }, 'peer stream accepted');
    this.#control.dialNow();
    this.#bulk.dialNow();
  }

  tick(nowMs: number, sinceLastMs: number): void {
    for (const link of this.#links()) link.tick(nowMs, sinceLastMs);
    this.#choice.forget(nowMs);
  }

  status(): PeerStatus {
    const control = this.#control.link;
    const bulk = this.#bulk.link;
    const connected = this.#isConnected();
    const said = this.#said;
    return {
      node: this.node,
      address: this.#address,
      connected,
      info:
        said === undefined
          ? undefined
          : { node: this.node, httpAddress: said.httpAddress, version: said.version },
      lastError: connected ? undefined : (this.#control.lastError ?? this.#bulk.lastError),
      queuedBytes: (control?.queuedBytes ?? 0) + (bulk?.queuedBytes ?? 0),
      droppedMessages: this.#droppedMessages,
      roundTripMs: control?.roundTripMs,
    };
  }

  /** Resolves when the peer has its answers and knows which requests were not looked at. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#control.close();
    this.#bulk.close();
    const accepted = [...this.#accepted.values()];
    await Promise.all(accepted.map((link) => link.leave('this node is closing')));
  }

  #stream(kind: StreamKind): DialledStream {
    return new DialledStream({
      context: this.#context,
      node: this.node,
      kind,
      address: this.#address,
      admit: (hello) => this.admit(hello),
      conflict: (hello) => this.#conflict(hello),
      user: { onContent: () => undefined, onClosed: () => undefined },
      onUp: (stream) => this.#onUp(stream),
      onDown: (stream, reason) => this.#onDown(stream, reason),
    });
  }

  #onUp(stream: DialledStream): void {
    const { logger } = this.#context;
    this.#said = stream.link?.hello ?? this.#said;
    if (stream.kind === 'control') this.#toldUnreachable = false;
    if (this.#isConnected()) this.#log.clear(trouble);
    const { node } = this;
    logger.info({ peer: node, stream: stream.kind, address: this.#address }, 'peer stream is up');
  }

  #onDown(stream: DialledStream, reason: string): void {
    const fields = { peer: this.node, stream: stream.kind, address: this.#address, reason };
    this.#log.warn(trouble, fields, 'peer stream is down');
    if (stream.kind !== 'control' || this.#toldUnreachable) return;
    this.#toldUnreachable = true;
    this.#handler().onUnreachable(this.node);
  }

  #acceptedUser(): LinkUser {
    return {
      onContent: (link, content) => this.#onContent(link, content),
      onClosed: (link, reason) => {
        if (this.#accepted.get(link.hello.stream) === link) {
          this.#accepted.delete(link.hello.stream);
        }
        const { stream } = link.hello;
        this.#context.logger.debug({ peer: this.node, stream, reason }, 'accepted stream ended');
      },
    };
  }

  #onContent(link: Link, content: FrameContent): void {
    if (this.#closed) return;
    const handler = this.#handler();
    if (content.messages.length > 0) handler.onMessages(this.node, content.messages);
    for (const request of content.requests) this.#intake.take(link, request, handler);
  }

  async #remember(store: string): Promise<void> {
    if (this.#remembering !== undefined) return this.#remembering.done;
    if (this.#context.identities.known(this.node) === store) return;
    const done = this.#context.identities.remember(this.node, store);
    this.#remembering = { store, done };
    try {
      await done;
    } finally {
      this.#remembering = undefined;
    }
  }

  #isConnected(): boolean {
    return this.#control.link !== undefined && this.#bulk.link !== undefined;
  }

  #conflict(hello: Hello): string | undefined {
    return this.#hasOtherInstance(hello) ? refusalText(duplicateProcess(this.node)) : undefined;
  }

  #hasOtherInstance(hello: Hello): boolean {
    for (const link of this.#links()) {
      if (!link.closed && link.hello.instance !== hello.instance) return true;
    }
    return false;
  }

  #links(): Link[] {
    const links = [...this.#accepted.values()];
    for (const { link } of [this.#control, this.#bulk]) if (link !== undefined) links.push(link);
    return links;
  }
}

/** How many were dropped. A peer that is away hears nothing: Raft repeats what still matters. */
function sendOn(stream: DialledStream, messages: readonly GroupMessage[]): number {
  return stream.link?.send(messages) ?? messages.length;
}
