/**
 * The peer port: an HTTP server whose only purpose is to be upgraded. Anything else gets a short
 * plain answer. Sockets that have not proved the secret are few, small and short-lived.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AcceptAttempt, type AcceptAttemptOptions, answerRefused } from './accept-attempt.js';
import type { TransportContext } from './context.js';
import { refusal } from './refusal.js';
import { upgradeProtocol } from './upgrade.js';

export interface AcceptorOptions
  extends Omit<AcceptAttemptOptions, 'ended' | 'failed' | 'established'> {
  readonly context: TransportContext;
  readonly listen: { readonly host: string; readonly port: number };
  /** Streams that may be established at one time. */
  readonly streamsMax: number;
  readonly established: AcceptAttemptOptions['established'];
  readonly failed: (reason: string, details: FailedDetails) => void;
}

export interface FailedDetails {
  readonly claimedNode: number | undefined;
  readonly remote: string;
}

export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #attempts = new Set<AcceptAttempt>();
  #opened = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    const { handshakeTimeoutMs, handshakesMax } = options.context.limits;
    this.#server = createServer({
      maxHeaderSize: 8 * 1024,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAlive: false,
      noDelay: true,
    });
    // Twice the handshakes: as many again may be on their way to a header or to their end.
    this.#server.maxConnections = options.streamsMax + 2 * handshakesMax;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // An accepted socket without this listener turns a reset into a crash.
      socket.on('error', () => socket.destroy());
    });
    this.#server.on('request', answerPlainRequest);
    this.#server.on('clientError', answerGarbage);
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  open(): Promise<void> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      const onError = (error: Error) => {
        reject(new Error(`cannot listen on peer port ${host}:${port}: ${error.message}`));
      };
      this.#server.once('error', onError);
      this.#server.listen({ host, port }, () => {
        this.#opened = true;
        this.#server.removeListener('error', onError);
        // Errors of single connections (out of descriptors) must not end the process.
        this.#server.on('error', (error) => {
          this.#options.context.logger.error({ err: error }, 'peer port failed');
        });
        resolve();
      });
    });
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    return address?.port ?? 0;
  }

  /** Listens no more, and ends what is left of its sockets when `settled` is. */
  async close(settled: Promise<unknown>): Promise<void> {
    for (const attempt of [...this.#attempts]) attempt.abort();
    const closed = new Promise<void>((resolve) => {
      if (this.#opened) this.#server.close(() => resolve());
      else resolve();
    });
    await settled;
    // Upgraded sockets are no longer the server's, but it waits for them all the same.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #onUpgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket;
    const { context, failed } = this.#options;
    const remote = `${socket.remoteAddress}:${socket.remotePort}`;
    const hello = request.headers['kvorum-hello'];
    if (request.headers.upgrade !== upgradeProtocol || typeof hello !== 'string') {
      answerRefused(socket, refusal('malformed', `this port speaks ${upgradeProtocol} only`));
      return;
    }
    if (this.#attempts.size >= context.limits.handshakesMax) {
      const message = `${context.limits.handshakesMax} handshakes are already under way`;
      answerRefused(socket, refusal('busy', message));
      failed(`busy: ${message}`, { claimedNode: undefined, remote });
      return;
    }
    const attempt: AcceptAttempt = new AcceptAttempt(socket, {
      ...this.#options,
      failed: (reason, claimed) => failed(reason, { claimedNode: claimed?.from, remote }),
      ended: () => this.#attempts.delete(attempt),
    });
    this.#attempts.add(attempt);
    attempt.start(hello, head);
  }
}

function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  const text = 'This is the peer port of a Kvorum node. Clients use its HTTP port.\n';
  response.writeHead(426, {
    'content-type': 'text/plain',
    'content-length': text.length,
    connection: 'close, upgrade',
    upgrade: upgradeProtocol,
  });
  // Whatever body is still coming is not read.
  response.end(text, () => response.socket?.destroySoon());
}

function answerGarbage(_error: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  (socket as Socket).destroySoon();
}
