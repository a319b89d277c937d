/**
 * What all groups want written, on its way into the one log: while a batch is being written the
 * next one gathers here, which is the group commit. First in, first out, for all groups together.
 */
import type { Append, GroupId, LogMark, ReplicaId } from './core/types.js';
import type { Group } from './group.js';
import type { GroupBirth, GroupWrite, WalBatch } from './wal/types.js';

export interface QueuedAppend {
  readonly group: Group;
  readonly append: Append;
}

export interface AppendBatch {
  readonly appends: readonly QueuedAppend[];
  /** What the log is given of it. */
  readonly wal: WalBatch;
  /** Marks that storage lets go up to, once the batch is durable. */
  readonly compactions: readonly { readonly group: Group; readonly mark: LogMark }[];
}

export class AppendQueue {
  #appends: QueuedAppend[] = [];
  #compactions = new Map<GroupId, { group: Group; mark: LogMark }>();
  #births: GroupBirth[] = [];
  #removals: { group: GroupId; minReplica: ReplicaId }[] = [];

  push(group: Group, append: Append): void {
    this.#appends.push({ group, append });
  }

  compact(group: Group, mark: LogMark): void {
    this.#compactions.set(group.id, { group, mark });
  }

  create(birth: GroupBirth): void {
    this.#births.push(birth);
  }

  /** Nothing of the group is written any more but that it is gone. */
  remove(group: GroupId, minReplica: ReplicaId): void {
    this.#appends = this.#appends.filter((queued) => queued.group.id !== group);
    this.#compactions.delete(group);
    this.#removals.push({ group, minReplica });
  }

  get length(): number {
    return this.#appends.length;
  }

  get empty(): boolean {
    const lives = this.#births.length + this.#removals.length;
    return this.#appends.length + lives === 0 && this.#compactions.size === 0;
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
      const write = groupWrite(group.id, append);
      if (write !== undefined) writes.push(write);
    }
    const appends = this.#appends.splice(0, count);
    const compactions = [...this.#compactions.values()];
    for (const { group, mark } of compactions) {
      writes.push({ group: group.id, entries: [], compact: mark });
    }
    const wal = { created: this.#births, removed: this.#removals, writes };
    this.#compactions.clear();
    this.#births = [];
    this.#removals = [];
    return { appends, wal, compactions };
  }
}

/** Undefined for an append that is only a place in the order. */
function groupWrite(group: GroupId, append: Append): GroupWrite | undefined {
  const { entries, hardState, snapshot } = append;
  if (entries.length === 0 && hardState === undefined && snapshot === undefined) return undefined;
  return {
    group,
    entries,
    ...(hardState !== undefined && { hardState }),
    ...(snapshot !== undefined && { snapshot }),
  };
}

export function isEmpty({ created, removed, writes }: WalBatch): boolean {
  return created.length + removed.length + writes.length === 0;
}
