/** A state machine that remembers what it was given; its faults are switches. */
import {
  type Entry,
  type EntryId,
  EntryKind,
  type GroupId,
  type Index,
} from '../../src/raft/core/types.js';
import type { GroupEntries, StateMachine } from '../../src/raft/state-machine.js';
import { FakeSnapshotFiles, type FakeState } from './snapshots/fake-snapshot-files.js';

export class FakeStateMachine implements StateMachine, FakeState {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  held = false;
  /** Thrown by the next apply. */
  error: Error | undefined;
  readonly transactions: (readonly GroupEntries[])[] = [];
  readonly #applied = new Map<GroupId, Entry[]>();
  readonly #torn = new Set<GroupId>();
  readonly durables = new Map<GroupId, Index>();
  readonly snapshots = new FakeSnapshotFiles(this);
  /** Called inside apply, for tests that make it take time. */
  duringApply: () => void = () => {};

  apply(work: readonly GroupEntries[]): readonly (readonly unknown[])[] {
    if (this.held) throw new Error('applied while held');
    if (this.error !== undefined) throw this.error;
    this.duringApply();
    this.transactions.push(work);
    return work.map(({ group, entries }) => {
      if (this.#torn.has(group)) throw new Error(`applied to a state that is not whole: ${group}`);
      const log = this.#applied.get(group) ?? [];
      this.#applied.set(group, log);
      return entries.map((entry) => {
        if (entry.index !== log.length + 1) throw new Error(`gap at ${entry.index}`);
        log.push(entry);
        return entry.kind === EntryKind.command ? this.resultOf(entry) : undefined;
      });
    });
  }

  resultOf(entry: Entry): unknown {
    return textOf(entry);
  }

  applied(group: GroupId): Index {
    return this.#applied.get(group)?.length ?? 0;
  }

  durable(group: GroupId): Index {
    return this.durables.get(group) ?? 0;
  }

  installing(group: GroupId): boolean {
    return this.#torn.has(group);
  }

  /** The commands applied so far, as text. */
  texts(group: GroupId): string[] {
    const entries = this.#applied.get(group) ?? [];
    return entries.filter(({ kind }) => kind === EntryKind.command).map(textOf);
  }

  // What its snapshots are made of -----------------------------------------------------------

  dump(group: GroupId): (EntryId & { bytes: Buffer }) | undefined {
    const entries = this.#applied.get(group) ?? [];
    const last = entries[entries.length - 1];
    if (last === undefined || this.#torn.has(group)) return undefined;
    const rows = entries.map(({ index, term, kind, data }) => [
      ...[index, term, kind],
      Buffer.from(data).toString('base64'),
    ]);
    return { index: last.index, term: last.term, bytes: Buffer.from(JSON.stringify(rows)) };
  }

  restore(group: GroupId, bytes: Buffer): void {
    const rows = JSON.parse(bytes.toString()) as [number, number, Entry['kind'], string][];
    const entries = rows.map(([index, term, kind, text]): Entry => {
      return { index, term, kind, data: Buffer.from(text, 'base64') };
    });
    this.#applied.set(group, entries);
    this.durables.set(group, entries.length);
  }

  setWhole(group: GroupId, whole: boolean): void {
    if (whole) this.#torn.delete(group);
    else this.#torn.add(group);
  }

  remove(group: GroupId): void {
    this.#applied.delete(group);
    this.durables.delete(group);
  }
}

export function textOf(entry: Entry): string {
  return Buffer.from(entry.data).toString();
}
