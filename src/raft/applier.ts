/**
 * The last step of a turn: committed entries of all groups into the state machine, in one
 * transaction that is small enough not to hold up heartbeats and new requests.
 *
 * How many entries fit the time is estimated from what the last ones took. Groups stand in a
 * queue: who was served and has more goes to its end, so that a busy group starves nobody.
 */
import type { Clock } from './clock.js';
import { invariant } from './core/invariant.js';
import type { Group } from './group.js';
import type { GroupEntries, StateMachine } from './state-machine.js';

export interface ApplyLimits {
  readonly applyBytesMax: number;
  readonly applyMsMax: number;
}

export interface ApplyRound {
  readonly groups: readonly Group[];
  readonly entries: number;
  readonly durationMs: number;
}

/** However slow the disk was a moment ago, a turn gets somewhere. */
const entriesMin = 16;
/** What an entry is taken to need before anything was measured. */
const entryUsAtStart = 20;

export class Applier {
  readonly #stateMachine: StateMachine;
  readonly #clock: Clock;
  readonly #limits: ApplyLimits;
  readonly #queue = new Set<Group>();
  /** Microseconds that applying one entry takes, a moving average. */
  #entryUs = entryUsAtStart;

  constructor(stateMachine: StateMachine, clock: Clock, limits: ApplyLimits) {
    this.#stateMachine = stateMachine;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The group has committed entries. */
  add(group: Group): void {
    this.#queue.add(group);
  }

  /** Its entries are not to be applied (any more). */
  remove(group: Group): void {
    this.#queue.delete(group);
  }

  /** True when a round would do something now. */
  get ready(): boolean {
    return this.#queue.size > 0 && !this.#stateMachine.held;
  }

  /** Applies one turn's share and answers whoever waits for it. Throws when the disk fails. */
  run(): ApplyRound | undefined {
    if (!this.ready) return undefined;
    const { groups, work } = this.#take();
    const startMs = this.#clock.monotonicMs();
    const results = this.#stateMachine.apply(work);
    const durationMs = this.#clock.monotonicMs() - startMs;
    invariant(results.length === work.length, 'every group has its results');
    let entries = 0;
    for (let i = 0; i < groups.length; i += 1) {
      const applied = work[i]?.entries ?? [];
      groups[i]?.applied(applied, results[i] ?? []);
      entries += applied.length;
    }
    const entryUs = (durationMs * 1000) / entries;
    this.#entryUs = Math.max(1, this.#entryUs * 0.9 + entryUs * 0.1);
    return { groups, entries, durationMs };
  }

  #take(): { groups: Group[]; work: GroupEntries[] } {
    let bytesLeft = this.#limits.applyBytesMax;
    const perTurn = Math.floor((this.#limits.applyMsMax * 1000) / this.#entryUs);
    let entriesLeft = Math.max(entriesMin, perTurn);
    const groups: Group[] = [];
    const work: GroupEntries[] = [];
    for (const group of [...this.#queue]) {
      if (bytesLeft <= 0 || entriesLeft <= 0) break;
      const entries = group.takeApplyWork(entriesLeft, bytesLeft);
      entriesLeft -= entries.length;
      for (const entry of entries) bytesLeft -= entry.data.length;
      groups.push(group);
      work.push({ group: group.id, entries });
      this.#queue.delete(group);
      if (group.hasApplyWork) this.#queue.add(group);
    }
    return { groups, work };
  }
}
