/**
 * A socket that carries frames: one write per frame, the reader, and exactly one close with a
 * reason. Used by the handshake first and by the link after it, without losing a byte between.
 */
import type { Socket } from 'node:net';
import { FrameReader } from './frame.js';

export interface FramedSocketUser {
  onFrame(payload: Buffer): void;
  /** Told exactly once, also when this side closed. */
  onClosed(reason: string): void;
  /** All that was written has reached the kernel. */
  onDrained(): void;
}

export class FramedSocket {
  user: FramedSocketUser;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #onWritten = (): void => {
    if (this.#closed || this.#socket.writableLength > 0) return;
    this.user.onDrained();
  };
  #closed = false;
  /** Raised with every chunk; whoever watches for silence compares it. */
  chunksHeard = 0;

  constructor(socket: Socket, frameBytesMax: number, user: FramedSocketUser) {
    this.user = user;
    this.#socket = socket;
    this.#reader = new FrameReader(frameBytesMax, (payload) => this.user.onFrame(payload));
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on('error', (error) => this.close(error.message));
    socket.on('end', () => this.close('the other side closed the stream'));
    socket.on('close', () => this.close('the stream was closed'));
    socket.on('data', (chunk: Buffer) => this.push(chunk));
  }

  /** Bytes that came before this object existed (behind the HTTP header) go in here. */
  push(chunk: Buffer): void {
    if (this.#closed) return;
    this.chunksHeard++;
    const error = this.#reader.push(chunk);
    if (error !== undefined) this.close(error);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes written that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  raiseLimit(frameBytesMax: number): void {
    this.#reader.frameBytesMax = frameBytesMax;
  }

  /**
   * True: the kernel has all of it and the frame's memory may be used again at once. False: the
   * socket keeps the frame; write nothing more before `onDrained`.
   */
  write(frame: Buffer): boolean {
    this.#socket.write(frame, this.#onWritten);
    return this.#socket.writableLength === 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Writes a last frame, then closes; the other side gets to read why. */
  closeAfter(frame: Buffer, reason: string): void {
    if (this.#closed) return;
    this.#socket.end(Buffer.from(frame));
    this.#finish(reason);
    // A peer that never reads must not keep the descriptor: what the kernel took is sent anyway.
    this.#socket.destroySoon();
  }

  /** Sends nothing more, and reads on until the other side has ended too or it is closed here. */
  end(): void {
    this.#socket.end();
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#socket.destroy();
    this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#closed = true;
    this.#reader.stop();
    this.user.onClosed(reason);
  }
}
