/**
 * The time of a simulated world: one queue of events, in the order of their times and, within one
 * moment, in the order in which they were set. Nothing else decides what happens next.
 */
import type { NodeId } from '../../src/raft/core/types.js';

interface Event {
  readonly atMs: number;
  readonly number: number;
  run: (() => void) | undefined;
}

export class VirtualTime {
  nowMs = 0;
  /** Whose event is running; set by whoever enters a node. */
  node: NodeId | undefined;
  /** Events that have run. */
  events = 0;
  /** A binary heap: the first event is at 0, those after `i` at `2 i + 1` and `2 i + 2`. */
  readonly #heap: Event[] = [];
  #number = 0;

  get waiting(): number {
    return this.#heap.length;
  }

  /** Returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const event: Event = {
      atMs: this.nowMs + Math.max(0, delayMs),
      number: this.#number++,
      run,
    };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs the next event that is due until `untilMs`; false when there is none. */
  step(untilMs: number): boolean {
    for (let event = this.#heap[0]; event !== undefined; event = this.#heap[0]) {
      if (event.atMs > untilMs) break;
      this.#removeFirst();
      const { run } = event;
      if (run === undefined) continue;
      event.run = undefined;
      this.nowMs = event.atMs;
      this.node = undefined;
      this.events += 1;
      run();
      return true;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below += 1;
      }
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}
