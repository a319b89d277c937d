/**
 * A network in memory for the Transports of many nodes, with injected time and randomness, and
 * faults: loss, delay, duplication, reordering, one-way cuts, partitions, resets.
 *
 * The two streams of a direction are first in first out unless `reorderRate` says otherwise (which
 * a real stream cannot do; Raft must bear it). The clock must run timers of one moment in the order
 * in which they were set; then the same seed gives the same run.
 */
import type { Clock } from '../../src/raft/clock.js';
import { invariant } from '../../src/raft/core/invariant.js';
import type { NodeId } from '../../src/raft/core/types.js';
import { type TransportLimits, transportLimits } from '../../src/raft/transport/limits.js';
import type { PeerInfo } from '../../src/raft/transport/types.js';
import { MemoryTransport } from './memory-transport.js';

/** Rates are 0 to 1 and drawn per frame, or per request and per answer. */
export interface MemoryFaults {
  readonly lossRate: number;
  /** Messages only: no stream carries a request twice. */
  readonly duplicateRate: number;
  /** Messages only. */
  readonly reorderRate: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
}

export const noFaults: MemoryFaults = {
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  delayMinMs: 0,
  delayMaxMs: 0,
};

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Seeded; the only source of chance. */
  readonly random: () => number;
  /** Instead: every direction draws from a stream of its own. */
  readonly randomOf?: (from: NodeId, to: NodeId) => () => number;
  readonly faults?: Partial<MemoryFaults>;
  readonly limits?: Partial<TransportLimits>;
  /** From healing or restart to a working stream. */
  readonly reconnectMs?: number;
}

/** How the network gets into the process of a node: later, or never, when that one stands still. */
export interface MemoryProcess {
  readonly clock: Clock;
  readonly enter: (run: () => void) => void;
}

export class MemoryNetwork {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly #randomOf: (from: NodeId, to: NodeId) => () => number;
  readonly #randoms = new Map<number, () => number>();
  readonly #reconnectMs: number;
  readonly #nodes = new Map<NodeId, MemoryTransport>();
  /** Directions, as `direction` numbers them. */
  readonly #cuts = new Set<number>();
  #faults: MemoryFaults;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.limits = transportLimits(options.limits);
    this.#randomOf = options.randomOf ?? (() => options.random);
    this.#reconnectMs = options.reconnectMs ?? 50;
    this.#faults = { ...noFaults, ...options.faults };
  }

  /** The transport of one process. A node restarts by closing the old one and making another. */
  transport(info: PeerInfo, peers: readonly NodeId[], process?: MemoryProcess): MemoryTransport {
    const old = this.#nodes.get(info.node);
    invariant(old === undefined || old.closed, 'a node has one live process');
    const atOnce = { clock: this.clock, enter: (run: () => void) => run() };
    const transport = new MemoryTransport({ network: this, info, peers, ...(process ?? atOnce) });
    this.#nodes.set(info.node, transport);
    return transport;
  }

  setFaults(faults: Partial<MemoryFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  /** From now on nothing goes from one to the other. Both sides notice after the silence limit. */
  cut(from: NodeId, to: NodeId): void {
    this.#cuts.add(direction(from, to));
    this.#afterSilence(from, to);
  }

  /** Nobody of one side hears anybody of the other. */
  partition(one: readonly NodeId[], other: readonly NodeId[]): void {
    for (const a of one) {
      for (const b of other) {
        this.cut(a, b);
        this.cut(b, a);
      }
    }
  }

  heal(from: NodeId, to: NodeId): void {
    this.#cuts.delete(direction(from, to));
    this.reconnectLater(from, to);
  }

  healAll(): void {
    for (const cut of [...this.#cuts]) {
      this.heal(Math.floor(cut / directionBase), cut % directionBase);
    }
  }

  /** All streams between the two are reset at once; they come back by themselves. */
  disconnect(a: NodeId, b: NodeId): void {
    const why = 'the connection was reset';
    this.#nodes.get(a)?.lose(b, why);
    this.#nodes.get(b)?.lose(a, why);
    this.reconnectLater(a, b);
  }

  reconnectLater(a: NodeId, b: NodeId): void {
    this.clock.after(this.#reconnectMs, () => {
      const one = this.#nodes.get(a);
      const other = this.#nodes.get(b);
      if (one === undefined || other === undefined || !one.live || !other.live) return;
      if (this.isCut(a, b) || this.isCut(b, a)) return;
      one.connect(b, other.info);
      other.connect(a, one.info);
    });
  }

  /** The process ended: its sockets are reset, wherever a reset can reach. */
  left(node: NodeId): void {
    for (const other of this.#nodes.keys()) {
      if (other === node) continue;
      if (this.isCut(node, other)) this.#afterSilence(node, other);
      else this.#nodes.get(other)?.lose(node, 'the other side closed the stream');
    }
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(direction(from, to));
  }

  lost(from: NodeId, to: NodeId): boolean {
    const lost = this.chance(from, to, this.#faults.lossRate);
    return this.isCut(from, to) || lost;
  }

  /** Always draws, so that changing one rate does not shift every later choice. */
  chance(from: NodeId, to: NodeId, rate: number): boolean {
    return this.#random(from, to)() < rate;
  }

  delayMs(from: NodeId, to: NodeId): number {
    const { delayMinMs, delayMaxMs } = this.#faults;
    return delayMinMs + (delayMaxMs - delayMinMs) * this.#random(from, to)();
  }

  #random(from: NodeId, to: NodeId): () => number {
    const key = direction(from, to);
    let random = this.#randoms.get(key);
    if (random === undefined) {
      random = this.#randomOf(from, to);
      this.#randoms.set(key, random);
    }
    return random;
  }

  get faults(): MemoryFaults {
    return this.#faults;
  }

  live(node: NodeId): MemoryTransport | undefined {
    const transport = this.#nodes.get(node);
    return transport?.live ? transport : undefined;
  }

  #afterSilence(a: NodeId, b: NodeId): void {
    const one = this.#nodes.get(a);
    const other = this.#nodes.get(b);
    this.clock.after(this.limits.silenceMs, () => {
      if (!this.isCut(a, b) && !this.isCut(b, a)) return;
      one?.lose(b, 'nothing was heard');
      other?.lose(a, 'nothing was heard');
    });
  }
}

/** Node ids are below it. */
const directionBase = 65_536;

function direction(from: NodeId, to: NodeId): number {
  return from * directionBase + to;
}
