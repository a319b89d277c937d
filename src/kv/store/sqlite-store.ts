/**
 * The state of all shards of one node in one SQLite database.
 *
 * The order inside `apply` is the point: commands, shard rows, COMMIT, and only then the memory
 * that readers see. Data, applied index, revision, epoch and time change together or not at all.
 * After any failure nothing is served any more (`#failure`): what SQLite answers after a failed
 * sync is not to be believed.
 */
import path from 'node:path';
import { realClock } from '../../raft/clock.js';
import { InvariantViolation, invariant } from '../../raft/core/invariant.js';
import type { GroupId, Index } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFiles } from '../../raft/snapshots/types.js';
import type { GroupEntries } from '../../raft/state-machine.js';
import { realFileSystem } from '../../raft/wal/real-file-system.js';
import { type CheckpointWorker, ThreadCheckpointWorker } from './checkpoint-worker.js';
import { Checkpointer, checkpointDefaults } from './checkpointer.js';
import { isExpired } from './decide.js';
import { metaGroup } from './document-place.js';
import { StoredDocuments } from './document-reader.js';
import { putDocument } from './documents.js';
import { applyEntry } from './entry.js';
import { firstId, type KeyRows } from './key-rows.js';
import { RowHash } from './row-hash.js';
import { databaseFileName, hashProbe, Standing } from './schema.js';
import { ShardDraft } from './shard-draft.js';
import { ShardTable } from './shard-table.js';
import { SliceHashes } from './slice-hashes.js';
import { freeBytesOf } from './snapshot-folder.js';
import { ThreadSnapshotWorker } from './snapshot-worker.js';
import { SqliteSnapshots } from './sqlite-snapshots.js';
import type { SqliteStoreOptions } from './sqlite-store-options.js';
import { openStateDatabase, type StateDatabase } from './state-database.js';
import { StoreError, storeError } from './store-error.js';
import type { StoreFaults } from './store-faults.js';
import type {
  CommandResult,
  NewShard,
  ShardState,
  Store,
  StoredValue,
  StoreStatistics,
} from './types.js';

export class SqliteStore implements Store {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly file: string;
  readonly #options: SqliteStoreOptions;
  readonly #worker: CheckpointWorker;
  readonly #checkpointer: Checkpointer;
  readonly #faults: StoreFaults | undefined;
  readonly #shards = new ShardTable();
  readonly #sliceHashes = new SliceHashes();
  readonly #snapshots: SqliteSnapshots;
  readonly documents = new StoredDocuments((read) => this.#readDocuments(read));
  #opened: StateDatabase | undefined;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  #transactions = 0;
  #appliedEntries = 0;

  constructor(options: SqliteStoreOptions) {
    this.file = path.join(options.dir, databaseFileName);
    this.#options = options;
    this.#faults = options.faults;
    this.#worker = options.worker ?? new ThreadCheckpointWorker();
    this.#checkpointer = new Checkpointer({
      file: this.file,
      worker: this.#worker,
      clock: options.clock ?? realClock,
      limits: { ...checkpointDefaults, ...options.limits },
      faults: options.faults,
      logger: options.logger,
      client: {
        noteApplied: () => this.#noteApplied(),
        lookAtLog: () => this.#open().logPosition(),
        hasFreePages: () => this.#open().freePages() > 0,
        returnFreePages: () => this.#open().returnFreePages(),
        onHoldEnd: () => this.onProgress(),
        onFailure: (error) => this.#failedInBackground(error),
      },
    });
    this.#snapshots = this.#makeSnapshots(options);
  }

  get snapshots(): SnapshotFiles {
    return this.#snapshots;
  }

  async open(): Promise<void> {
    invariant(this.#opened === undefined && this.#closing === undefined, 'a store is opened once');
    const at = { file: this.file, action: 'open' };
    try {
      this.#opened = openStateDatabase(this.file, this.#options);
      for (const row of this.#opened.shardRows.all()) this.#shards.set(new ShardDraft(row));
      await this.#snapshots.prepare();
      await this.#worker.open(this.file);
      await this.#checkpointer.begin();
      // What was found in the files is in the page cache at least; the worker has just synced it.
      this.#shards.allDurable();
      await this.#snapshots.open();
    } catch (cause) {
      const error = storeError(cause, at);
      this.#failure = error;
      await this.close();
      throw error;
    }
  }

  createShards(births: readonly NewShard[]): void {
    const opened = this.#open();
    const missing = births.filter((birth) => this.#shards.get(birth.group) === undefined);
    if (missing.length === 0) return;
    const created = missing.map((birth) => ShardDraft.born(birth));
    requireDisjoint([...this.#shards.all(), ...created]);
    try {
      opened.durably(() => {
        for (const shard of created) opened.shardRows.insert(shard);
        for (const { documents = [], revision } of missing) {
          for (const document of documents) putDocument(opened.rows, document, revision);
        }
      });
    } catch (cause) {
      throw this.#poison(cause, 'create shards');
    }
    for (const shard of created) {
      shard.durable = shard.applied;
      this.#shards.set(shard);
    }
    this.#checkpointer.committed();
  }

  apply(work: readonly GroupEntries[]): readonly (readonly (CommandResult | undefined)[])[] {
    const opened = this.#open();
    invariant(!this.held, 'apply is not called while a checkpoint holds the writer');
    const at = { rows: opened.rows, hash: this.#options.hash, file: this.file };
    const changed = new Set<ShardDraft>();
    const results: (CommandResult | undefined)[][] = [];
    this.#transact('apply', () => {
      for (const { group, entries } of work) {
        const shard = this.#shards.whole(group);
        changed.add(shard);
        results.push(entries.map((entry) => applyEntry(shard, entry, at)));
      }
      for (const shard of changed) opened.shardRows.update(shard);
    });
    for (const shard of changed) this.#shards.committed(shard);
    for (const [at, { group, entries }] of work.entries()) {
      this.#appliedEntries += entries.length;
      for (const result of results[at] ?? []) {
        if (result?.outcome === 'verified') this.#sliceHashes.remember(group, result);
        if (result?.outcome === 'changed') this.documents.onChange(result.names);
      }
    }
    return results;
  }

  get held(): boolean {
    return this.#checkpointer.held;
  }

  applied(group: GroupId): Index {
    return this.#shards.applied(group);
  }

  durable(group: GroupId): Index {
    return this.#shards.durable(group);
  }

  installing(group: GroupId): boolean {
    return this.#shards.get(group)?.standing === Standing.installing;
  }

  shard(group: GroupId): ShardState | undefined {
    return this.#shards.wholeState(group);
  }

  shards(): readonly ShardState[] {
    const whole = this.#shards.all().filter((shard) => shard.standing === Standing.whole);
    return whole.map((shard) => shard.visible).sort((a, b) => a.group - b.group);
  }

  get(group: GroupId, hash: number, key: Buffer): StoredValue | undefined {
    const { rows } = this.#open();
    const shard = this.#shards.whole(group);
    // Answering "absent" for a key of somebody else's range would be a wrong answer.
    invariant(shard.covers(hash), `hash ${hash} is in the range of group ${group}`);
    try {
      this.#faults?.before('read');
      const row = rows.get(hash, key);
      if (row === undefined || isExpired(row.expires, shard.visible.timeMs)) return undefined;
      return { value: row.value, contentType: row.content_type, revision: row.revision };
    } catch (cause) {
      throw this.#poison(cause, 'read');
    }
  }

  count(group: GroupId): number {
    const { rows } = this.#open();
    const { range } = this.#shards.whole(group).visible;
    try {
      return rows.count(range.start, range.end);
    } catch (cause) {
      throw this.#poison(cause, 'count');
    }
  }

  #readDocuments<T>(read: (rows: KeyRows) => T): T | undefined {
    const { rows } = this.#open();
    if (this.#shards.wholeState(metaGroup) === undefined) return undefined;
    try {
      this.#faults?.before('read');
      return read(rows);
    } catch (cause) {
      throw this.#poison(cause, 'read');
    }
  }

  sliceHash(group: GroupId, index: Index): bigint | undefined {
    return this.#sliceHashes.get(group, index);
  }

  /**
   * One number for the whole state of a group: equal on replicas that have applied the same. Reads
   * every row at once, so it is for tests and simulations.
   */
  stateHash(group: GroupId): bigint {
    const { rows } = this.#open();
    const shard = this.#shards.whole(group);
    const hash = new RowHash();
    hash.numbers(shard.rangeStart, shard.rangeEnd, shard.rangeEpoch, shard.membersEpoch);
    hash.numbers(shard.revision, shard.applied, shard.appliedTerm, shard.timeMs, shard.verifyId);
    const ids = [firstId(shard.rangeStart), firstId(shard.rangeEnd)] as const;
    for (const row of rows.between(...ids)) hash.row(row);
    return hash.digest();
  }

  get statistics(): StoreStatistics {
    const { state, checkpoints, holds, holdMsTotal, holdMsMax } = this.#checkpointer;
    return {
      walBytes: state.walBytes,
      databaseBytes: state.databaseBytes,
      checkpoints,
      holds,
      holdMsTotal,
      holdMsMax,
      transactions: this.#transactions,
      appliedEntries: this.#appliedEntries,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const reason = 'it is closed';
    const error = new StoreError({ code: 'closed', file: this.file, action: 'use', reason });
    this.#shards.end(error);
    await this.#snapshots.close(error);
    await this.#checkpointer.stop();
    const opened = this.#opened;
    this.#opened = undefined;
    let failure: Error | undefined;
    if (opened !== undefined && this.#failure === undefined) {
      try {
        this.#faults?.before('checkpoint');
        await this.#worker.finish();
      } catch (cause) {
        failure = storeError(cause, { file: this.file, action: 'final checkpoint' });
        this.#failure = failure;
      }
    }
    // Descriptors last: closing one drops the locks of every connection of this process.
    opened?.close();
    await this.#worker.stop();
    if (failure !== undefined) throw failure;
  }

  #makeSnapshots(options: SqliteStoreOptions): SqliteSnapshots {
    const { cluster, hash } = options;
    return new SqliteSnapshots({
      stateFile: this.file,
      stateFolder: options.dir,
      identity: { cluster, hashProbe: hash(hashProbe) },
      hash,
      shards: this.#shards,
      worker: options.snapshotWorker ?? new ThreadSnapshotWorker(),
      files: options.files ?? realFileSystem(),
      clock: options.clock ?? realClock,
      freeBytes: options.freeBytes ?? freeBytesOf,
      writer: {
        mustWait: () => this.#checkpointer.mustWait(),
        transact: (action, change) => this.#transactInBackground(action, change),
        anyRows: ({ start, end }) =>
          this.#open().rows.any({ fromId: firstId(start), endId: firstId(end) }),
        readerBegan: () => this.#checkpointer.readerBegan(),
        readerEnded: () => {
          if (this.#failure === undefined) this.#checkpointer.readerEnded();
        },
        forget: (group) => this.#sliceHashes.forget(group),
        installed: (group) => {
          if (group === metaGroup) this.documents.onChange(undefined);
        },
        failed: (cause) => {
          const at = { file: this.file, action: 'make a snapshot' };
          this.#failedInBackground(storeError(cause, at));
        },
      },
    });
  }

  /** All or nothing, also of what `change` tells SQLite; memory follows after this returns. */
  #transact(action: string, change: (opened: StateDatabase) => void): void {
    const opened = this.#open();
    try {
      opened.begin();
      change(opened);
      this.#faults?.before('commit');
      opened.commit();
    } catch (cause) {
      if (!(cause instanceof SnapshotError)) throw this.#poison(cause, action);
      opened.rollBack();
      throw cause;
    }
    this.#transactions += 1;
    this.#checkpointer.committed();
  }

  /** Nobody waits for this one who would tell the host that the disk has failed. */
  #transactInBackground(action: string, change: (opened: StateDatabase) => void): void {
    const before = this.#failure;
    try {
      this.#transact(action, change);
    } catch (cause) {
      if (before === undefined && this.#failure !== undefined) this.onFailure(this.#failure);
      throw cause;
    }
  }

  #noteApplied(): (() => void) | undefined {
    const nowDurable = this.#shards.noteApplied();
    return (
      nowDurable &&
      (() => {
        nowDurable();
        this.onProgress();
      })
    );
  }

  #open(): StateDatabase {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#opened === undefined) {
      const reason = this.#closing === undefined ? 'it is not open yet' : 'it is closed';
      throw new StoreError({ code: 'closed', file: this.file, action: 'use', reason });
    }
    return this.#opened;
  }

  #failedInBackground(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#shards.end(error);
    this.onFailure(error);
  }

  /** Nothing of the open transaction stays, and nothing is served from now on. */
  #poison(cause: unknown, action: string): Error {
    const error =
      cause instanceof InvariantViolation ? cause : storeError(cause, { file: this.file, action });
    this.#failure ??= error;
    this.#shards.end(error);
    void this.#checkpointer.stop();
    try {
      this.#opened?.rollBack();
    } catch {
      // The first error is the one worth telling; the connection is given up anyway.
    }
    return error;
  }
}

function requireDisjoint(shards: readonly ShardDraft[]): void {
  const ordered = [...shards].sort((a, b) => a.rangeStart - b.rangeStart);
  let end = 0;
  for (const shard of ordered) {
    invariant(shard.rangeStart >= end, `group ${shard.group} shares no hash with another`);
    end = shard.rangeEnd;
  }
}
