/**
 * A TCP proxy on a free loopback port that stands between two transports and misbehaves on demand.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  /** Everything diallers sent, per connection. */
  readonly sent: Buffer[][] = [];
  /** After this many bytes from a dialler the connection is reset; undefined: never. */
  cutAfterBytes: number | undefined;
  /** While set, bytes are read from neither side. */
  #stalled = false;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: () => number;

  constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#connect(socket));
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled;
    for (const pair of this.#pairs) {
      for (const socket of pair) stalled ? socket.pause() : socket.resume();
    }
  }

  resetAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connect(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#target() });
    const pair = [near, far] as const;
    const sent: Buffer[] = [];
    this.sent.push(sent);
    this.#pairs.add(pair);
    let bytes = 0;
    near.on('data', (chunk: Buffer) => {
      sent.push(chunk);
      const room = (this.cutAfterBytes ?? Number.POSITIVE_INFINITY) - bytes;
      bytes += chunk.length;
      if (chunk.length < room) {
        forward(near, far, chunk, () => this.#stalled);
        return;
      }
      // What was let through still arrives, then the connection breaks.
      far.write(chunk.subarray(0, room), () => {
        far.resetAndDestroy();
        near.resetAndDestroy();
      });
    });
    far.on('data', (chunk: Buffer) => forward(far, near, chunk, () => this.#stalled));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#stalled) this.stall(true);
  }
}

/** With backpressure, so that a slow side is felt at the other. */
function forward(from: Socket, to: Socket, chunk: Buffer, stalled: () => boolean): void {
  if (to.write(chunk)) return;
  from.pause();
  to.once('drain', () => {
    if (!stalled()) from.resume();
  });
}
