/**
 * One core with its simulated disk and state machine: what a host does with the effects, but
 * every step only when the test says so. It can lose power and start again.
 */
import { invariant } from '../../../src/raft/core/invariant.js';
import type { RaftLimits, RaftTiming } from '../../../src/raft/core/options.js';
import { Raft } from '../../../src/raft/core/raft.js';
import type {
  Append,
  Configuration,
  Effects,
  Entry,
  Index,
  Input,
  ReplicaId,
} from '../../../src/raft/core/types.js';
import { SimulatedDisk } from './simulated-disk.js';

export interface SimulatedReplicaOptions {
  readonly id: ReplicaId;
  readonly configuration: Configuration;
  readonly timing: RaftTiming;
  readonly limits: RaftLimits;
  readonly random: () => number;
}

export class SimulatedReplica {
  readonly id: ReplicaId;
  readonly disk: SimulatedDisk;
  readonly #options: SimulatedReplicaOptions;
  #core: Raft | undefined;
  /** Handed to the state machine and not applied yet. */
  #handed: Entry[] = [];
  /** What the state machine shows; a power cut takes it back to `#appliedDurable` at most. */
  #applied: Index = 0;
  #appliedDurable: Index = 0;
  /** True when something was stepped since the last drain. */
  dirty = false;

  constructor(options: SimulatedReplicaOptions) {
    this.id = options.id;
    this.#options = options;
    this.disk = new SimulatedDisk(options.configuration);
    this.start();
  }

  get core(): Raft {
    invariant(this.#core !== undefined, `replica ${this.id} is up`);
    return this.#core;
  }

  get up(): boolean {
    return this.#core !== undefined;
  }

  get handed(): readonly Entry[] {
    return this.#handed;
  }

  get applied(): Index {
    return this.#applied;
  }

  get appliedDurable(): Index {
    return this.#appliedDurable;
  }

  start(): void {
    const { id, timing, limits, random } = this.#options;
    const { disk } = this;
    this.#core = new Raft({
      self: id,
      mark: disk.mark,
      hardState: disk.hardState,
      lastIndex: disk.lastIndex,
      terms: disk.terms(),
      configurations: [],
      applied: this.#applied,
      reader: disk.reader,
      random,
      timing,
      limits,
    });
    this.dirty = true;
  }

  /** `surviving`: queued appends that had reached the disk; `applied`: what the state kept. */
  crash(kept: { surviving: number; applied: Index }): void {
    invariant(kept.applied >= this.#appliedDurable, 'durable state is never lost');
    this.#core = undefined;
    this.disk.crash(kept.surviving);
    this.#handed = [];
    this.#applied = Math.min(kept.applied, this.#applied);
    this.dirty = false;
  }

  step(input: Input): void {
    this.core.step(input);
    this.dirty = true;
  }

  /** The effects of a turn; the append waits in the disk's queue, the entries to be applied. */
  drain(): Effects | undefined {
    this.dirty = false;
    const effects = this.core.drain();
    if (effects === undefined) return undefined;
    if (effects.append !== undefined) this.disk.append(effects.append);
    for (const entry of effects.apply) {
      const before = this.#handed[this.#handed.length - 1]?.index ?? this.#applied;
      invariant(entry.index === before + 1, 'entries are handed to apply without gaps (C6)');
      invariant(this.disk.holds(entry.index, entry.term), 'only durable entries are applied (R7)');
      this.#handed.push(entry);
    }
    return effects;
  }

  /** The oldest appends become durable; gives those whose messages may leave. */
  finishAppends(count: number): readonly Append[] {
    const finished = this.disk.finish(count);
    const newest = finished[finished.length - 1];
    if (newest !== undefined) this.step({ kind: 'appended', token: newest.token });
    return finished;
  }

  applyHanded(count: number): readonly Entry[] {
    const applied = this.#handed.splice(0, count);
    const newest = applied[applied.length - 1];
    if (newest !== undefined) {
      this.#applied = newest.index;
      this.step({ kind: 'applied', index: newest.index });
    }
    return applied;
  }

  /** The state up to `index` is flushed, so the log up to it can go. */
  compact(index: Index): void {
    invariant(index <= this.#applied, 'only what is applied is compacted');
    this.#appliedDurable = Math.max(this.#appliedDurable, index);
    this.disk.compact(index);
    this.step({ kind: 'compacted', index });
  }
}
