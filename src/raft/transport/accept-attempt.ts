/**
 * The acceptor's side of one handshake. Ends exactly once: established, or refused with a message
 * that the other side gets to read, or broken off.
 */
import type { Socket } from 'node:net';
import { ByteReader } from './byte-reader.js';
import type { TransportContext } from './context.js';
import { FramedSocket } from './framed-socket.js';
import {
  checkDialler,
  decodeHandshake,
  encodeHandshake,
  type HelloTexts,
  isProved,
  prove,
  wrongSecret,
} from './handshake.js';
import { encodeHello, type Hello, isRefusal, makeHello, parseHello } from './hello.js';
import { type Refusal, refusalText } from './refusal.js';
import { upgradeProtocol } from './upgrade.js';

export interface AcceptAttemptOptions {
  readonly context: TransportContext;
  readonly isMember: (node: number) => boolean;
  readonly admit: (hello: Hello) => Promise<Refusal | undefined>;
  /** Called after the welcome is written, before the next byte is looked at. */
  readonly established: (socket: FramedSocket, hello: Hello) => void;
  /** `hello` is what the other side claims; it may be anybody. */
  readonly failed: (reason: string, hello: Hello | undefined) => void;
  /** The attempt no longer counts as half-open. */
  readonly ended: () => void;
}

export class AcceptAttempt {
  readonly #options: AcceptAttemptOptions;
  readonly #raw: Socket;
  #socket: FramedSocket | undefined;
  #cancelTimer: (() => void) | undefined;
  #texts: HelloTexts | undefined;
  #hello: Hello | undefined;
  #proved = false;
  #ended = false;

  constructor(raw: Socket, options: AcceptAttemptOptions) {
    this.#raw = raw;
    this.#options = options;
  }

  start(helloText: string, head: Buffer): void {
    const { context, isMember } = this.#options;
    const { handshakeTimeoutMs } = context.limits;
    this.#cancelTimer = context.clock.after(handshakeTimeoutMs, () =>
      this.#fail(`no proof within ${handshakeTimeoutMs} ms`),
    );
    const hello = parseHello(helloText);
    if (isRefusal(hello)) {
      this.#refuseUpgrade(hello);
      return;
    }
    this.#hello = hello;
    const mismatch = checkDialler(hello, context.self, isMember);
    if (mismatch !== undefined) {
      this.#refuseUpgrade(mismatch);
      return;
    }
    const answer = encodeHello(makeHello(context.self, hello.from, hello.stream));
    this.#texts = { dialler: helloText, acceptor: answer };
    this.#socket = new FramedSocket(this.#raw, context.limits.handshakeFrameBytesMax, {
      onFrame: (payload) => this.#onFrame(payload),
      onClosed: (reason) => this.#fail(`the handshake broke off: ${reason}`),
      onDrained: () => undefined,
    });
    const proof = prove(context.secret, 'acceptor', this.#texts).toString('base64url');
    this.#raw.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${upgradeProtocol}\r\n` +
        `kvorum-hello: ${answer}\r\nkvorum-proof: ${proof}\r\n\r\n`,
    );
    if (head.length > 0) this.#socket.push(head);
  }

  abort(): void {
    if (this.#end()) this.#raw.destroy();
  }

  #onFrame(payload: Buffer): void {
    const { context } = this.#options;
    const record = decodeHandshake(new ByteReader(payload));
    if (typeof record === 'string') {
      this.#fail(`the handshake broke off: ${record}`);
      return;
    }
    const hello = this.#hello;
    const texts = this.#texts;
    if (record.type === 'refused') {
      this.#fail(`the other side refused: ${refusalText(record.refusal)}`);
      return;
    }
    if (record.type !== 'proof' || this.#proved || hello === undefined || texts === undefined) {
      this.#fail('the handshake broke off: a record came out of turn');
      return;
    }
    this.#proved = true;
    if (!isProved(record.proof, context.secret, 'dialler', texts)) {
      this.#refuse(wrongSecret(hello.from, context.self.node));
      return;
    }
    void this.#admit(hello);
  }

  async #admit(hello: Hello): Promise<void> {
    const { context, admit, established } = this.#options;
    const refused = await admit(hello);
    if (this.#ended) return;
    if (refused !== undefined) return this.#refuse(refused);
    const socket = this.#socket;
    if (socket === undefined || !this.#end()) return;
    const frame = encodeHandshake(context.scratch.writer, { type: 'welcome' });
    context.scratch.release(socket.write(frame));
    established(socket, hello);
  }

  /** Before the upgrade a refusal is an ordinary HTTP answer, so that curl shows it too. */
  #refuseUpgrade(refused: Refusal): void {
    if (!this.#end()) return;
    answerRefused(this.#raw, refused);
    this.#options.failed(refusalText(refused), this.#hello);
  }

  #refuse(refused: Refusal): void {
    const { scratch } = this.#options.context;
    const frame = encodeHandshake(scratch.writer, { type: 'refused', refusal: refused });
    if (!this.#end()) return;
    this.#socket?.closeAfter(frame, 'refused');
    this.#options.failed(refusalText(refused), this.#hello);
  }

  #fail(reason: string): void {
    if (!this.#end()) return;
    this.#raw.destroy();
    this.#options.failed(reason, this.#hello);
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#cancelTimer?.();
    this.#options.ended();
    return true;
  }
}

/** Ends the socket with the refusal as a small HTTP answer. */
export function answerRefused(socket: Socket, refused: Refusal): void {
  const status =
    refused.code === 'malformed'
      ? '400 Bad Request'
      : refused.code === 'busy'
        ? '503 Service Unavailable'
        : '403 Forbidden';
  const { code, message } = refused;
  const body = `${JSON.stringify({ code, message })}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
