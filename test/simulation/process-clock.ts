/**
 * The time of one process, and the only door into it: whatever happens to a node happens through
 * `enter`, at once, after the pause, or never when the process is dead.
 */
import type { Clock } from '../../src/raft/clock.js';
import type { NodeId } from '../../src/raft/core/types.js';
import type { VirtualTime } from './virtual-time.js';

/** 2023-11-14; clocks of computers are about right. */
const wallStartMs = 1_700_000_000_000;

/** A node's hardware clocks go on from process to process. */
export class MachineClock {
  readonly #time: VirtualTime;
  #localMs = 0;
  #sinceMs = 0;
  #rate = 1;
  wallOffsetMs = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  monotonicMs(): number {
    return this.#localMs + (this.#time.nowMs - this.#sinceMs) * this.#rate;
  }

  wallMs(): number {
    return wallStartMs + this.wallOffsetMs + this.monotonicMs();
  }

  get rate(): number {
    return this.#rate;
  }

  /** Local milliseconds per true one, from now on. 0: it stands still. */
  setRate(rate: number): void {
    this.#localMs = this.monotonicMs();
    this.#sinceMs = this.#time.nowMs;
    this.#rate = rate;
  }
}

export class ProcessClock implements Clock {
  readonly #time: VirtualTime;
  readonly #machine: MachineClock;
  readonly #node: NodeId;
  /** How long the loop gathers what arrives before it takes its turn. */
  readonly #turnMs: number;
  #dead = false;
  #paused = false;
  #backlog: (() => void)[] = [];

  constructor(parts: { time: VirtualTime; machine: MachineClock; node: NodeId; turnMs: number }) {
    this.#time = parts.time;
    this.#machine = parts.machine;
    this.#node = parts.node;
    this.#turnMs = parts.turnMs;
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs();
  }

  wallMs(): number {
    return this.#machine.wallMs();
  }

  /** In whole milliseconds and at least one, as Node's timers. */
  after(delayMs: number, run: () => void): () => void {
    return this.#after(Math.max(1, Math.trunc(delayMs)), run);
  }

  #after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    const rate = this.#machine.rate > 0 ? this.#machine.rate : 1;
    const cancel = this.#time.after(delayMs / rate, () =>
      this.enter(() => {
        if (!cancelled) run();
      }),
    );
    return () => {
      cancelled = true;
      cancel();
    };
  }

  every(periodMs: number, run: () => void): () => void {
    let cancel = () => {};
    let cancelled = false;
    const arm = () => {
      cancel = this.after(periodMs, () => {
        // Armed first: what `run` throws must not stop the clock.
        arm();
        run();
      });
      if (cancelled) cancel();
    };
    arm();
    return () => {
      cancelled = true;
      cancel();
    };
  }

  soon(run: () => void): void {
    this.#after(this.#turnMs, run);
  }

  /** True time, as the devices of the machine count it. */
  afterTrue(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, () => this.enter(run));
  }

  enter(run: () => void): void {
    if (this.#dead) return;
    if (this.#paused) {
      this.#backlog.push(run);
      return;
    }
    this.#time.node = this.#node;
    run();
  }

  get dead(): boolean {
    return this.#dead;
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  /** Everything that came meanwhile is there at once, in order. */
  resume(): void {
    this.#paused = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.#time.after(0, () => this.enter(run));
  }

  kill(): void {
    this.#dead = true;
    this.#backlog = [];
  }
}
