/**
 * How far the nodes' monotonic clocks have gone while true time went on. A node can only say how
 * old its state is by its own clock; when that was slow or stood still, so far the node is right.
 */
import type { NodeId } from '../../../src/raft/core/types.js';
import type { WorldView } from '../observer.js';

interface Look {
  readonly trueMs: number;
  readonly localMs: number;
}

const lookEveryMs = 100;

export class Clocks {
  readonly #world: WorldView;
  readonly #looks = new Map<NodeId, Look[]>();
  #nextMs = 0;

  constructor(world: WorldView) {
    this.#world = world;
  }

  look(): void {
    const { nowMs, nodes } = this.#world;
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + lookEveryMs;
    for (const { id, monotonicMs } of nodes) {
      const look = { trueMs: nowMs, localMs: monotonicMs };
      const looks = this.#looks.get(id);
      if (looks === undefined) this.#looks.set(id, [look]);
      else looks.push(look);
    }
  }

  /** By how much `ageMs`, counted by these nodes up to now, may be too little. */
  errorMs(nodes: readonly NodeId[], ageMs: number): number {
    let errorMs = 0;
    for (const node of new Set(nodes)) errorMs += this.#errorMs(node, ageMs);
    return errorMs;
  }

  #errorMs(node: NodeId, ageMs: number): number {
    const { nowMs } = this.#world;
    const now = { trueMs: nowMs, localMs: this.#world.node(node).monotonicMs };
    const localMs = now.localMs - ageMs;
    const looks = this.#looks.get(node) ?? [];
    // Strictly before: while a clock stands still, all that time is one moment to the node.
    const at = looks.findLastIndex((look) => look.localMs < localMs);
    const before = looks[at] ?? { trueMs: 0, localMs };
    const after = looks[at + 1] ?? now;
    // Right between two looks: exact. Otherwise at worst the moment of the look before.
    const ran = after.localMs - before.localMs - (after.trueMs - before.trueMs);
    const trueMs = Math.abs(ran) < 0.001 ? before.trueMs + localMs - before.localMs : before.trueMs;
    return Math.max(0, nowMs - trueMs - ageMs);
  }
}
