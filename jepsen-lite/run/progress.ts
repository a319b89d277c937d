/** Once a second: how a run goes, and what the nodes are at. */
import type { Answered } from './client.js';
import { type NodeState, rolesLine } from './node-state.js';
import { quantile } from './recovery.js';

const lineEveryMs = 1000;

export class Progress {
  readonly #tell: (line: string) => void;
  readonly #seed: number;
  readonly #nodes: () => readonly NodeState[];
  readonly #startedMs = performance.now();
  readonly #faults = new Map<string, { readonly what: string; readonly sinceMs: number }>();
  readonly #timer: NodeJS.Timeout;
  readonly counts = { ok: 0, fail: 0, info: 0 };
  #latenciesMs: number[] = [];

  constructor(seed: number, tell: (line: string) => void, nodes: () => readonly NodeState[]) {
    this.#seed = seed;
    this.#tell = tell;
    this.#nodes = nodes;
    this.#timer = setInterval(() => this.#line(), lineEveryMs).unref();
  }

  answered({ type, invokedNs, completedNs }: Answered): void {
    this.counts[type] += 1;
    if (type === 'ok') this.#latenciesMs.push((completedNs - invokedNs) / 1e6);
  }

  /** `what` says what was done. */
  fault(name: string, what: string): void {
    this.#faults.set(name, { what, sinceMs: performance.now() });
  }

  probed(name: string, holds: boolean): void {
    const fault = this.#faults.get(name);
    if (fault === undefined) return;
    const seen = holds ? 'verified' : 'NOT SEEN TO HOLD';
    this.#faults.set(name, { ...fault, what: `${fault.what} (${seen})` });
  }

  healed(name: string): void {
    this.#faults.delete(name);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #line(): void {
    const nowMs = performance.now();
    const { ok, fail, info } = this.counts;
    const p99 = quantile(this.#latenciesMs, 0.99);
    this.#latenciesMs = [];
    const faults = [...this.#faults.values()].map(
      ({ what, sinceMs }) => `${what} since ${((nowMs - sinceMs) / 1000).toFixed(1)} s`,
    );
    this.#tell(
      `seed ${this.#seed}  t=${Math.round((nowMs - this.#startedMs) / 1000)}s  ` +
        `ok ${thousands(ok)}  fail ${thousands(fail)}  info ${thousands(info)}   ` +
        `p99 ${p99 === null ? '-' : `${p99} ms`}   nemesis: ${faults.join('; ') || 'none'}`,
    );
    const nodes = this.#nodes();
    if (nodes.length > 0) this.#tell(rolesLine(nodes));
  }
}

export function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
