/**
 * A TCP proxy for one directed link between two nodes, which a test can break in the ways a
 * network breaks. "Forward" is the direction from the node that connects to the one that listens.
 *
 * A blackhole holds bytes back instead of swallowing them: that is what a partition does to TCP,
 * which sends again what was lost. So when it ends, messages of long ago arrive.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Blackhole = 'none' | 'forward' | 'backward' | 'both';

/** Above this a direction stops reading while a delay or blackhole holds bytes back. */
const heldBytesMax = 1024 * 1024;

export class LinkProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #cut = false;
  #blackhole: Blackhole = 'none';
  #delayMs = 0;
  /** Bytes that went through, for a test to prove that a fault took hold. */
  bytesForward = 0;
  bytesBackward = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((near) => this.#accept(near));
  }

  static async open(targetPort: number): Promise<LinkProxy> {
    const proxy = new LinkProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Bytes that a delay or blackhole keeps here now. */
  get heldBytes(): number {
    let bytes = 0;
    for (const { forward, backward } of this.#pairs)
      bytes += forward.heldBytes + backward.heldBytes;
    return bytes;
  }

  /** Ends every connection and lets no new one through, until `heal`. */
  cut(): void {
    this.#cut = true;
    this.reset();
  }

  /** Ends every connection with a TCP reset; new ones are let through. */
  reset(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  /** Connections stay open and silent, in one direction or in both. */
  blackhole(direction: Blackhole): void {
    this.#blackhole = direction;
    this.#update();
  }

  delay(delayMs: number): void {
    this.#delayMs = delayMs;
    this.#update();
  }

  heal(): void {
    this.#cut = false;
    this.#blackhole = 'none';
    this.#delayMs = 0;
    this.#update();
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#cut) {
      near.on('error', () => {});
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#targetPort, '127.0.0.1');
    const pair = new Pair(near, far, {
      forward: (bytes) => {
        this.bytesForward += bytes;
      },
      backward: (bytes) => {
        this.bytesBackward += bytes;
      },
      ended: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
    this.#update();
  }

  #update(): void {
    const held = (direction: Blackhole) =>
      this.#blackhole === direction || this.#blackhole === 'both';
    for (const pair of this.#pairs) {
      pair.forward.set(held('forward'), this.#delayMs);
      pair.backward.set(held('backward'), this.#delayMs);
    }
  }
}

interface PairObserver {
  readonly forward: (bytes: number) => void;
  readonly backward: (bytes: number) => void;
  readonly ended: () => void;
}

class Pair {
  readonly forward: Direction;
  readonly backward: Direction;
  readonly #near: Socket;
  readonly #far: Socket;

  constructor(near: Socket, far: Socket, observer: PairObserver) {
    this.#near = near;
    this.#far = far;
    this.forward = new Direction(near, far, observer.forward);
    this.backward = new Direction(far, near, observer.backward);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        other.destroy();
        observer.ended();
      });
    }
  }

  reset(): void {
    this.#near.resetAndDestroy();
    this.#far.resetAndDestroy();
  }
}

/** Bytes from one socket to another: at once, late, or not for now. Never out of order. */
class Direction {
  readonly #to: Socket;
  readonly #from: Socket;
  readonly #observe: (bytes: number) => void;
  readonly #queue: { readonly chunk: Buffer | undefined; readonly dueMs: number }[] = [];
  #heldBytes = 0;
  #held = false;
  #delayMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, observe: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#observe = observe;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#take(undefined));
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => this.#flow());
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  set(held: boolean, delayMs: number): void {
    this.#held = held;
    this.#delayMs = delayMs;
    this.#flow();
  }

  #take(chunk: Buffer | undefined): void {
    this.#queue.push({ chunk, dueMs: performance.now() + this.#delayMs });
    this.#heldBytes += chunk?.length ?? 0;
    this.#flow();
  }

  #flow(): void {
    clearTimeout(this.#timer);
    while (!this.#held && this.#queue.length > 0) {
      const [next] = this.#queue;
      if (next === undefined || this.#to.destroyed) break;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flow(), waitMs);
        break;
      }
      if (this.#to.writableNeedDrain) break;
      this.#queue.shift();
      this.#send(next.chunk);
    }
    const full = this.#heldBytes > heldBytesMax;
    if (full && !this.#from.isPaused()) this.#from.pause();
    if (!full && this.#from.isPaused()) this.#from.resume();
  }

  #send(chunk: Buffer | undefined): void {
    if (chunk === undefined) {
      this.#to.end();
      return;
    }
    this.#heldBytes -= chunk.length;
    this.#observe(chunk.length);
    this.#to.write(chunk);
  }
}
