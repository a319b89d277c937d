/**
 * A TCP proxy for one directed link between two nodes, which can be broken in the ways a network
 * breaks. "Forward" is the direction from the node that connects to the one that listens.
 *
 * A blackhole holds bytes back instead of swallowing them: that is what a partition does to TCP,
 * which sends again what was lost. So when it ends, messages of long ago arrive.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FrameCutter } from './frame-cutter.js';

export type Blackhole = 'none' | 'forward' | 'backward' | 'both';
export type LinkDirection = 'forward' | 'backward';

/** What becomes of a frame between two nodes: nothing, itself, two of it, another one. */
export type FrameFilter = (frame: Buffer, direction: LinkDirection) => readonly Buffer[];

/** How long the next bytes are on their way; drawn anew for each piece. */
export type Delay = () => number;
const noDelay: Delay = () => 0;

/** Above this a direction stops reading while a delay or blackhole holds bytes back. */
const heldBytesMax = 1024 * 1024;

export class LinkProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #cut = false;
  #blackhole: Blackhole = 'none';
  #delay = noDelay;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #filter: FrameFilter | undefined;
  /** Bytes that went through; they prove that a fault has taken hold, or has not. */
  bytesForward = 0;
  bytesBackward = 0;
  /** Connections that found the link cut. */
  refused = 0;

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

  delay(delay: number | Delay): void {
    this.#delay = typeof delay === 'number' ? () => delay : delay;
    this.#update();
  }

  /** In each direction of each connection. */
  limitRate(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#update();
  }

  /** For streams between two nodes; others have no frames. */
  filter(filter: FrameFilter | undefined): void {
    this.#filter = filter;
  }

  heal(): void {
    this.#cut = false;
    this.#blackhole = 'none';
    this.#delay = noDelay;
    this.#bytesPerSecond = Number.POSITIVE_INFINITY;
    this.#filter = undefined;
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
      this.refused += 1;
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
      filter: (frame, direction) => this.#filter?.(frame, direction) ?? [frame],
    });
    this.#pairs.add(pair);
    this.#update();
  }

  #update(): void {
    const held = (direction: Blackhole) =>
      this.#blackhole === direction || this.#blackhole === 'both';
    for (const pair of this.#pairs) {
      const [delay, bytesPerSecond] = [this.#delay, this.#bytesPerSecond];
      pair.forward.set({ held: held('forward'), delay, bytesPerSecond });
      pair.backward.set({ held: held('backward'), delay, bytesPerSecond });
    }
  }
}

interface PairObserver {
  readonly forward: (bytes: number) => void;
  readonly backward: (bytes: number) => void;
  readonly ended: () => void;
  readonly filter: FrameFilter;
}

interface Flow {
  readonly held: boolean;
  readonly delay: Delay;
  readonly bytesPerSecond: number;
}

class Pair {
  readonly forward: Direction;
  readonly backward: Direction;
  readonly #near: Socket;
  readonly #far: Socket;

  constructor(near: Socket, far: Socket, observer: PairObserver) {
    this.#near = near;
    this.#far = far;
    const { forward, backward, filter } = observer;
    this.forward = new Direction(near, far, forward, (frame) => filter(frame, 'forward'));
    this.backward = new Direction(far, near, backward, (frame) => filter(frame, 'backward'));
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
  readonly #queue: { readonly chunk: Buffer | undefined; dueMs: number }[] = [];
  #heldBytes = 0;
  #flow: Flow = { held: false, delay: noDelay, bytesPerSecond: Number.POSITIVE_INFINITY };
  /** When what was sent last has passed a link of the present rate. */
  #freeMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    from: Socket,
    to: Socket,
    observe: (bytes: number) => void,
    filter: (frame: Buffer) => readonly Buffer[],
  ) {
    this.#from = from;
    this.#to = to;
    this.#observe = observe;
    const cutter = new FrameCutter((piece, isFrame) => {
      for (const kept of isFrame ? filter(piece) : [piece]) this.#take(kept);
    });
    from.on('data', (chunk: Buffer) => cutter.push(chunk));
    from.on('end', () => {
      cutter.end();
      this.#take(undefined);
    });
    from.on('close', () => clearTimeout(this.#timer));
    to.on('drain', () => this.#move());
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  set(flow: Flow): void {
    this.#flow = flow;
    // What was late under the old rules is not late any more; the order stays.
    this.#freeMs = 0;
    for (const piece of this.#queue) piece.dueMs = 0;
    this.#move();
  }

  #take(chunk: Buffer | undefined): void {
    const nowMs = performance.now();
    const bytes = chunk?.length ?? 0;
    const { delay, bytesPerSecond } = this.#flow;
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (1000 * bytes) / bytesPerSecond;
    this.#queue.push({ chunk, dueMs: this.#freeMs + delay() });
    this.#heldBytes += bytes;
    this.#move();
  }

  #move(): void {
    clearTimeout(this.#timer);
    while (!this.#flow.held && this.#queue.length > 0) {
      const [next] = this.#queue;
      if (next === undefined || this.#to.destroyed) break;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#move(), waitMs);
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
