/**
 * Appends of all groups on their way into the one log: while a batch is being written the next
 * one gathers here, which is the group commit. First in, first out, for all groups together.
 */
import type { Append, GroupId, LogMark } from './core/types.js';
import type { Group } from './group.js';
import type { GroupWrite } from './wal/types.js';

export interface QueuedAppend {
  readonly group: Group;
  readonly append: Append;
}

export interface AppendBatch {
  readonly appends: readonly QueuedAppend[];
  readonly writes: readonly GroupWrite[];
  /** Marks that storage lets go up to, once the batch is durable. */
  readonly compactions: readonly { readonly group: Group; readonly mark: LogMark }[];
}

export class AppendQueue {
  #appends: QueuedAppend[] = [];
  #compactions = new Map<GroupId, { group: Group; mark: LogMark }>();

  push(group: Group, append: Append): void {
    this.#appends.push({ group, append });
  }

  compact(group: Group, mark: LogMark): void {
    this.#compactions.set(group.id, { group, mark });
  }

  get length(): number {
    return this.#appends.length;
  }

  get empty(): boolean {
    return this.#appends.length === 0 && this.#compactions.size === 0;
  }

  /** The next batch: at least one append, then as many as stay within `bytesMax` of data. */
  take(bytesMax: number): AppendBatch {
    let bytes = 0;
    let count = 0;
    const writes: GroupWrite[] = [];
    for (const { group, append } of this.#appends) {
      for (const entry of append.entries) bytes += entry.data.length;
      if (count > 0 && bytes > bytesMax) break;
      count += 1;
      // Without entries or state an append is only a place in the order.
      if (append.entries.length === 0 && append.hardState === undefined) continue;
      const { entries, hardState } = append;
      writes.push({ group: group.id, entries, ...(hardState !== undefined && { hardState }) });
    }
    const appends = this.#appends.splice(0, count);
    const compactions = [...this.#compactions.values()];
    this.#compactions.clear();
    for (const { group, mark } of compactions) {
      writes.push({ group: group.id, entries: [], compact: mark });
    }
    return { appends, writes, compactions };
  }
}
