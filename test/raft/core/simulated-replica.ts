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
  EntryId,
  Index,
  Input,
  ReplicaId,
} from '../../../src/raft/core/types.js';
import { SimulatedDisk } from './simulated-disk.js';
import { SimulatedState, type SnapshotFile } from './simulated-state.js';

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
  readonly state = new SimulatedState();
  /** Snapshots that the core wants made, the oldest first. */
  wanted: { to: ReplicaId; atLeast: Index }[] = [];
  /** Durable in the log and not in the state. */
  #toInstall: EntryId | undefined;
  /** The fetch that the core asked for last. */
  fetch: Effects['fetch'];
  readonly #options: SimulatedReplicaOptions;
  #core: Raft | undefined;
  /** Handed to the state machine and not applied yet. */
  #handed: Entry[] = [];
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
    return this.state.applied;
  }

  get appliedDurable(): Index {
    return this.state.durable;
  }

  start(): void {
    const { id, timing, limits, random } = this.#options;
    const { disk, state } = this;
    // The log names a snapshot that the state is not at, or is not at as a whole.
    const installing = this.#mustInstall;
    this.#core = new Raft({
      self: id,
      mark: disk.mark,
      hardState: disk.hardState,
      lastIndex: disk.lastIndex,
      terms: disk.terms(),
      configurations: disk.configurations(),
      applied: state.applied,
      installing,
      reader: disk.reader,
      random,
      timing,
      limits,
    });
    this.dirty = true;
    this.#toInstall = installing && state.has(disk.mark) ? disk.mark : undefined;
    if (this.#toInstall !== undefined) return;
    // Without the file, or without a snapshot yet: the log goes on, the state is asked for.
    if (installing || state.damaged) this.damage();
  }

  get #mustInstall(): boolean {
    const { disk, state } = this;
    return state.half || state.applied < disk.mark.index || (state.damaged && state.has(disk.mark));
  }

  /** `surviving`: queued appends that had reached the disk; `applied`: what the state kept. */
  crash(kept: { surviving: number; applied: Index }): void {
    this.#core = undefined;
    this.disk.crash(kept.surviving);
    this.#handed = [];
    this.wanted = [];
    this.fetch = undefined;
    this.state.crash(Math.min(kept.applied, this.state.applied));
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
    this.wanted.push(...effects.snapshotsWanted);
    if (effects.fetch !== undefined) this.fetch = effects.fetch;
    const { snapshot } = effects.append ?? {};
    invariant(snapshot === undefined || this.state.has(snapshot), 'its file is durable (R10)');
    for (const entry of effects.apply) {
      const before = this.#handed[this.#handed.length - 1]?.index ?? this.state.applied;
      invariant(entry.index === before + 1, 'entries are handed to apply without gaps (C6)');
      invariant(this.disk.holds(entry.index, entry.term), 'only durable entries are applied (R7)');
      this.#handed.push(entry);
    }
    return effects;
  }

  /** The oldest appends become durable; gives those whose messages may leave. */
  finishAppends(count: number): readonly Append[] {
    const finished = this.disk.finish(count);
    for (const { snapshot } of finished) this.#toInstall = snapshot ?? this.#toInstall;
    const newest = finished[finished.length - 1];
    if (newest !== undefined) this.step({ kind: 'appended', token: newest.token });
    return finished;
  }

  applyHanded(count: number): readonly Entry[] {
    const applied = this.#handed.splice(0, count);
    const newest = applied[applied.length - 1];
    for (const entry of applied) this.state.apply(entry);
    if (newest !== undefined) {
      this.step({ kind: 'applied', index: newest.index });
    }
    return applied;
  }

  /** The state up to `index` is flushed, so the log up to it can go. */
  compact(index: Index): void {
    this.state.flushedTo(index);
    this.disk.compact(index);
    this.step({ kind: 'compacted', index });
  }

  // Snapshots -----------------------------------------------------------------------------

  /** Answers the oldest wish for a snapshot, if the state will do; `fails`: it will not. */
  makeSnapshot(fails = false): void {
    const wish = this.wanted.shift();
    if (wish === undefined) return;
    const { state, core } = this;
    const able = !fails && !state.half && !state.damaged && state.applied >= wish.atLeast;
    const term = core.termAt(state.applied) ?? 0;
    const configuration = core.configurationAt(state.applied);
    const mark = { index: state.applied, term, configuration };
    const snapshot = able ? state.make(mark, this.id) : undefined;
    this.step({ kind: 'snapshot-made', to: wish.to, snapshot });
  }

  /** The fetch ends, with what the other one still had. */
  fetched(file: SnapshotFile | undefined): void {
    const { fetch } = this;
    this.fetch = undefined;
    if (fetch === undefined) return;
    const { snapshot } = fetch;
    if (file === undefined) return this.step({ kind: 'snapshot-failed', snapshot });
    this.state.receive(file);
    this.step({ kind: 'snapshot-received', snapshot });
  }

  /** The log begins with a snapshot whose file is here and whose state is not. */
  get installDue(): boolean {
    return this.#toInstall !== undefined;
  }

  beginInstall(): void {
    invariant(this.#toInstall !== undefined, 'there is something to install');
    this.#handed = [];
    this.state.beginInstall(this.#toInstall);
  }

  finishInstall(): void {
    const mark = this.#toInstall;
    invariant(mark !== undefined, 'there is something to install');
    this.#toInstall = undefined;
    this.state.finishInstall(mark);
    this.step({ kind: 'snapshot-installed', index: mark.index });
  }

  /** The state is found to differ from the group's. */
  damage(): void {
    this.#handed = [];
    this.state.damaged = true;
    this.step({ kind: 'state-damaged' });
  }
}
