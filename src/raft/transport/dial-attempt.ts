/**
 * One attempt to open a stream: connect, HTTP Upgrade, handshake. Ends exactly once, with an
 * established socket or with a reason an operator can act on.
 *
 * The upgrade goes through `dispatch` and not through `upgrade`, because the latter throws the
 * answer away when it is not a 101, and the refusal is in that answer.
 */
import { connect, type Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import type { NodeId } from '../core/types.js';
import { ByteReader } from './byte-reader.js';
import type { TransportContext } from './context.js';
import { FramedSocket } from './framed-socket.js';
import {
  checkAcceptor,
  decodeHandshake,
  encodeHandshake,
  isProved,
  prove,
  wrongSecret,
} from './handshake.js';
import {
  encodeHello,
  type Hello,
  isRefusal,
  makeHello,
  parseHello,
  type StreamKind,
} from './hello.js';
import { parseRefusal, printable, type Refusal, refusalText } from './refusal.js';
import { peerPath, upgradeProtocol } from './upgrade.js';

const answerBytesMax = 4_096;

export interface DialAttemptOptions {
  readonly context: TransportContext;
  readonly node: NodeId;
  readonly kind: StreamKind;
  readonly address: string;
  /** Is this the process and data folder we know? Resolves when that is durable. */
  readonly admit: (hello: Hello) => Promise<Refusal | undefined>;
  /** Called with the welcome in hand, before the next byte is looked at. */
  readonly established: (socket: FramedSocket, hello: Hello) => void;
  readonly failed: (reason: string) => void;
}

export class DialAttempt {
  readonly #options: DialAttemptOptions;
  #client: Client | undefined;
  /** The TCP connection, from the first SYN to the established stream. */
  #raw: Socket | undefined;
  #socket: FramedSocket | undefined;
  #cancelTimer: (() => void) | undefined;
  #hello = '';
  #acceptor: Hello | undefined;
  #status = 0;
  #answer = '';
  #ended = false;

  constructor(options: DialAttemptOptions) {
    this.#options = options;
  }

  start(): void {
    const { context, address, node, kind } = this.#options;
    const { handshakeTimeoutMs } = context.limits;
    this.#cancelTimer = context.clock.after(handshakeTimeoutMs, () =>
      this.#fail(`no stream within ${handshakeTimeoutMs} ms`),
    );
    this.#hello = encodeHello(makeHello(context.self, node, kind));
    try {
      this.#client = new Client(`http://${address}`, {
        connect: (options, callback) => this.#connect(options, callback),
        headersTimeout: handshakeTimeoutMs,
        bodyTimeout: handshakeTimeoutMs,
      });
      const headers = { 'kvorum-hello': this.#hello };
      this.#client.dispatch(
        { path: peerPath, method: 'GET', upgrade: upgradeProtocol, headers },
        this.#responseHandler(),
      );
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Ends the attempt without telling anybody. */
  abort(): void {
    if (!this.#end()) return;
    this.#socket?.close('given up');
    this.#raw?.destroy();
  }

  /** Our own, so that an attempt that is given up leaves no half-made connection behind. */
  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const socket = connect({
      host: options.hostname,
      port: Number(options.port || 80),
      noDelay: true,
    });
    this.#raw = socket;
    const onError = (error: Error) => callback(error, null);
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.removeListener('error', onError);
      callback(null, socket);
    });
    if (this.#ended) socket.destroy();
  }

  #responseHandler(): Dispatcher.DispatchHandler {
    return {
      onRequestStart: () => undefined,
      onRequestUpgrade: (_controller, _status, headers, socket) => {
        this.#upgraded(headers, socket as Socket);
      },
      onResponseStart: (_controller, status) => {
        this.#status = status;
      },
      onResponseData: (_controller, chunk) => {
        if (this.#answer.length < answerBytesMax) this.#answer += chunk.toString('utf8');
      },
      onResponseEnd: () => this.#fail(this.#refusedText()),
      onResponseError: (_controller, error) => this.#fail(error.message || error.name),
    };
  }

  #refusedText(): string {
    const { node } = this.#options;
    const refused = parseRefusal(this.#answer);
    if (refused !== undefined) return `node ${node} refused the stream: ${refusalText(refused)}`;
    const beginning = printable(this.#answer.slice(0, 80));
    return `no Kvorum peer port: HTTP status ${this.#status} "${beginning}"`;
  }

  #upgraded(headers: Record<string, string | string[] | undefined>, socket: Socket): void {
    if (this.#ended) {
      socket.destroy();
      return;
    }
    const { context, node } = this.#options;
    this.#socket = new FramedSocket(socket, context.limits.handshakeFrameBytesMax, {
      onFrame: (payload) => this.#onFrame(payload),
      onClosed: (reason) => this.#fail(`the handshake broke off: ${reason}`),
      onDrained: () => undefined,
    });
    const text = String(headers['kvorum-hello'] ?? '');
    const proof = Buffer.from(String(headers['kvorum-proof'] ?? ''), 'base64url');
    const hello = parseHello(text);
    if (isRefusal(hello)) {
      this.#refuse(hello);
      return;
    }
    const texts = { dialler: this.#hello, acceptor: text };
    if (!isProved(proof, context.secret, 'acceptor', texts)) {
      this.#refuse(wrongSecret(node, context.self.node));
      return;
    }
    const mismatch = checkAcceptor(hello, context.self, node);
    if (mismatch !== undefined) {
      this.#refuse(mismatch);
      return;
    }
    void this.#prove(hello, prove(context.secret, 'dialler', texts));
  }

  /** The other side is who it says; settle its identity here, then prove ours. */
  async #prove(hello: Hello, proof: Buffer): Promise<void> {
    const refused = await this.#options.admit(hello);
    if (this.#ended) return;
    if (refused !== undefined) return this.#refuse(refused);
    this.#acceptor = hello;
    this.#write({ type: 'proof', proof });
  }

  #onFrame(payload: Buffer): void {
    const record = decodeHandshake(new ByteReader(payload));
    if (typeof record === 'string') {
      this.#fail(`the handshake broke off: ${record}`);
      return;
    }
    if (record.type === 'refused') {
      const { node } = this.#options;
      this.#fail(`node ${node} refused the stream: ${refusalText(record.refusal)}`);
      return;
    }
    const socket = this.#socket;
    if (record.type !== 'welcome' || this.#acceptor === undefined || socket === undefined) {
      this.#fail('the handshake broke off: a record came out of turn');
      return;
    }
    if (this.#end()) this.#options.established(socket, this.#acceptor);
  }

  #write(record: Parameters<typeof encodeHandshake>[1]): void {
    const { scratch } = this.#options.context;
    const taken = this.#socket?.write(encodeHandshake(scratch.writer, record)) ?? true;
    scratch.release(taken);
  }

  /** We refuse them, and tell them why. */
  #refuse(refused: Refusal): void {
    const { scratch } = this.#options.context;
    const frame = encodeHandshake(scratch.writer, { type: 'refused', refusal: refused });
    if (!this.#end()) return;
    this.#socket?.closeAfter(frame, 'refused');
    this.#options.failed(`refused by this node: ${refusalText(refused)}`);
  }

  #fail(reason: string): void {
    if (!this.#end()) return;
    this.#socket?.close(reason);
    this.#raw?.destroy();
    this.#options.failed(reason);
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#cancelTimer?.();
    const client = this.#client;
    // Not from within the client's own callback; an upgraded socket is no longer its own.
    if (client !== undefined) queueMicrotask(() => void client.destroy().catch(() => undefined));
    return true;
  }
}
