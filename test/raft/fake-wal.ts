/** A log in memory whose writes complete when the test says so. */
import { decodeConfiguration } from '../../src/raft/core/configuration-codec.js';
import {
  type ConfigurationAt,
  type Entry,
  EntryKind,
  type GroupId,
  type HardState,
  type Index,
  type LogMark,
  type LogReader,
  type ReplicaId,
  type TermRun,
} from '../../src/raft/core/types.js';
import type {
  Recovered,
  RecoveredGroup,
  Wal,
  WalBatch,
  WalStatistics,
} from '../../src/raft/wal/types.js';

interface FakeLog {
  birth: RecoveredGroup;
  hardState: HardState;
  mark: LogMark;
  entries: Entry[];
}

interface PendingWrite {
  readonly batch: WalBatch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class FakeWal implements Wal {
  /** Every batch handed over so far, durable or not. */
  readonly batches: WalBatch[] = [];
  automatic = true;
  failure: Error | undefined;
  pressed: { group: GroupId; upTo: Index }[] = [];
  readonly tails = new Map<GroupId, number>();
  readonly tombstones = new Map<GroupId, ReplicaId>();
  readonly #logs = new Map<GroupId, FakeLog>();
  #pending: PendingWrite | undefined;
  readonly statistics: WalStatistics = {
    batches: 0,
    entries: 0,
    bytes: 0,
    syncMsTotal: 0,
    syncMsMax: 0,
    segments: 1,
    segmentBytes: 0,
  };

  constructor(groups: readonly RecoveredGroup[] = []) {
    for (const birth of groups) {
      const { hardState, mark } = birth;
      this.#logs.set(birth.group, { birth, hardState, mark, entries: [] });
    }
  }

  async open(): Promise<Recovered> {
    return {
      groups: this.recovered(),
      tombstones: this.tombstones,
      fresh: this.batches.length === 0,
    };
  }

  found() {
    return { groups: this.recovered(), tombstones: this.tombstones };
  }

  /** What a restart would find: only what is durable. */
  recovered(): RecoveredGroup[] {
    return [...this.#logs.values()].map(({ birth, hardState, mark, entries }) => ({
      ...birth,
      hardState,
      mark,
      lastIndex: entries[entries.length - 1]?.index ?? mark.index,
      terms: runsOf(entries),
      configurations: configurationsOf(entries),
    }));
  }

  write(batch: WalBatch): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.#pending !== undefined) throw new Error('one batch is in flight at a time');
    this.batches.push(batch);
    return new Promise((resolve, reject) => {
      this.#pending = { batch, resolve, reject };
      if (this.automatic) this.complete();
    });
  }

  get writing(): boolean {
    return this.#pending !== undefined;
  }

  complete(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    for (const { group, replica, mark, hardState } of pending.batch.created) {
      const nothing = { lastIndex: mark.index, terms: [], configurations: [] };
      const birth = { group, replica, mark, hardState, ...nothing };
      this.#logs.set(group, { birth, hardState, mark, entries: [] });
    }
    for (const { group, minReplica } of pending.batch.removed) {
      this.#logs.delete(group);
      this.tombstones.set(group, minReplica);
    }
    for (const write of pending.batch.writes) this.#store(write);
    pending.resolve();
  }

  fail(error: Error): void {
    this.failure = error;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }

  #store(write: WalBatch['writes'][number]): void {
    const log = this.#logs.get(write.group);
    if (log === undefined) throw new Error(`no group ${write.group}`);
    if (write.snapshot !== undefined) restore(log, write.snapshot);
    const first = write.entries[0];
    if (first !== undefined) {
      log.entries = log.entries.filter((entry) => entry.index < first.index);
      log.entries.push(...write.entries);
    }
    if (write.hardState !== undefined) log.hardState = write.hardState;
    const { compact } = write;
    if (compact === undefined) return;
    log.mark = compact;
    log.entries = log.entries.filter((entry) => entry.index > compact.index);
  }

  entries(group: GroupId): readonly Entry[] {
    return this.#logs.get(group)?.entries ?? [];
  }

  reader(group: GroupId): LogReader {
    return {
      entries: (from, until) =>
        this.entries(group).filter(({ index }) => index >= from && index < until),
    };
  }

  pressure(): readonly { readonly group: GroupId; readonly upTo: Index }[] {
    return this.pressed;
  }

  tailBytes(group: GroupId): number {
    return this.tails.get(group) ?? 0;
  }

  async close(): Promise<void> {}
}

/** What follows the mark stays if the log holds the mark (GroupWrite). */
function restore(log: FakeLog, mark: LogMark): void {
  if (mark.index <= log.mark.index) return;
  const held = log.entries.some(({ index, term }) => index === mark.index && term === mark.term);
  log.entries = held ? log.entries.filter(({ index }) => index > mark.index) : [];
  log.mark = mark;
}

function configurationsOf(entries: readonly Entry[]): ConfigurationAt[] {
  return entries.flatMap(({ index, kind, data }) => {
    const configuration = kind === EntryKind.configuration ? decodeConfiguration(data) : undefined;
    return configuration === undefined ? [] : [{ index, configuration }];
  });
}

function runsOf(entries: readonly Entry[]): TermRun[] {
  const runs: { from: Index; term: number }[] = [];
  for (const { index, term } of entries) {
    if (runs[runs.length - 1]?.term !== term) runs.push({ from: index, term });
  }
  return runs;
}
