/** A state machine that remembers what it was given; its faults are switches. */
import { type Entry, EntryKind, type GroupId, type Index } from '../../src/raft/core/types.js';
import type { GroupEntries, StateMachine } from '../../src/raft/state-machine.js';

export class FakeStateMachine implements StateMachine {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  held = false;
  /** Thrown by the next apply. */
  error: Error | undefined;
  readonly transactions: (readonly GroupEntries[])[] = [];
  readonly #applied = new Map<GroupId, Entry[]>();
  readonly durables = new Map<GroupId, Index>();
  /** Called inside apply, for tests that make it take time. */
  duringApply: () => void = () => {};

  apply(work: readonly GroupEntries[]): readonly (readonly unknown[])[] {
    if (this.held) throw new Error('applied while held');
    if (this.error !== undefined) throw this.error;
    this.duringApply();
    this.transactions.push(work);
    return work.map(({ group, entries }) => {
      const log = this.#applied.get(group) ?? [];
      this.#applied.set(group, log);
      return entries.map((entry) => {
        if (entry.index !== log.length + 1) throw new Error(`gap at ${entry.index}`);
        log.push(entry);
        return entry.kind === EntryKind.empty ? undefined : this.resultOf(entry);
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

  /** The commands applied so far, as text. */
  texts(group: GroupId): string[] {
    const entries = this.#applied.get(group) ?? [];
    return entries.filter(({ kind }) => kind === EntryKind.command).map(textOf);
  }
}

export function textOf(entry: Entry): string {
  return Buffer.from(entry.data).toString();
}
