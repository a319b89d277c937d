/**
 * Keeps replicas known to be current, for stale reads: each asks its leader for a read index now
 * and then, and so learns when its state was current. A quiet group is left in peace: whoever
 * wants to know better than "when it was last asked" wakes it.
 */
import type { Clock } from './clock.js';
import { NOBODY } from './core/types.js';
import type { Group } from './group.js';

/** A question is let go after this many periods; by then newer ones have taken its place. */
const periodsMax = 4;

export interface FreshnessParts {
  readonly clock: Clock;
  readonly periodMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly awake: Iterable<Group>;
  readonly touch: (group: Group) => void;
}

export class Freshness {
  readonly #parts: FreshnessParts;
  #cancel: (() => void) | undefined;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
  }

  /**
   * A period now and then is longer or shorter, by a quarter at most: in step with the leader's
   * count of idle ticks, the question would meet its goodbye each time, and wake the group again.
   */
  start(): void {
    const { clock, periodMs, random } = this.#parts;
    this.#cancel = clock.after(periodMs * (0.75 + random() / 2), () => {
      this.#refresh();
      this.start();
    });
  }

  #refresh(): void {
    const { clock, periodMs, awake } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const group of awake) {
      if (group.freshMs !== undefined && nowMs - group.freshMs < periodMs / 2) continue;
      if (group.raft.leader !== NOBODY && !group.raft.installing) this.ask(group);
    }
  }

  /** Reads nothing: only whether the replica is current. */
  ask(group: Group): void {
    const { clock, periodMs, touch } = this.#parts;
    const nowMs = clock.monotonicMs();
    group.read({ nowMs, endMs: nowMs + periodsMax * periodMs }, () => {});
    touch(group);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
