/**
 * Bytes of answers that clients have asked for and not taken. A client that does not read must not
 * hold memory at the cost of others: over the limit, connections that have not taken their answer
 * for a while are cut, longest waiting first; if that does not help, new reads are refused.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const slowAfterMs = 2_000;

interface Holder {
  bytes: number;
  readonly sinceMs: number;
}

export class UnsentAnswers {
  readonly limit: number;
  readonly #now: () => number;
  /** In the order of their first unsent answer. */
  readonly #holders = new Map<Socket, Holder>();
  #bytes = 0;

  constructor(limit: number, now: () => number) {
    this.limit = limit;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** After `response.end`: counts what the operating system has not taken at once. */
  track(response: ServerResponse, socket: Socket, bytes: number): void {
    if (bytes === 0 || socket.destroyed) return;
    if (response.socket !== null && socket.writableLength === 0) return;
    const holder = this.#holders.get(socket) ?? this.#hold(socket);
    holder.bytes += bytes;
    this.#bytes += bytes;
    response.once('finish', () => this.#taken(socket, holder, bytes));
  }

  /** Whether there is room for another answer; makes room if it can. */
  admit(): boolean {
    if (this.#bytes < this.limit) return true;
    const slowSinceMs = this.#now() - slowAfterMs;
    for (const [socket, holder] of this.#holders) {
      if (holder.sinceMs > slowSinceMs) break;
      socket.destroy();
      this.#drop(socket, holder);
      if (this.#bytes < this.limit) return true;
    }
    return false;
  }

  #hold(socket: Socket): Holder {
    const holder = { bytes: 0, sinceMs: this.#now() };
    this.#holders.set(socket, holder);
    // Answers queued behind another one get no event of their own when the connection goes.
    socket.once('close', () => this.#drop(socket, holder));
    return holder;
  }

  #taken(socket: Socket, holder: Holder, bytes: number): void {
    if (this.#holders.get(socket) !== holder) return;
    holder.bytes -= bytes;
    this.#bytes -= bytes;
    if (holder.bytes === 0) this.#holders.delete(socket);
  }

  #drop(socket: Socket, holder: Holder): void {
    if (this.#holders.get(socket) !== holder) return;
    this.#bytes -= holder.bytes;
    this.#holders.delete(socket);
  }
}
