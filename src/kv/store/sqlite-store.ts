/**
 * The state of all shards of one node in one SQLite database.
 *
 * The order inside `apply` is the point: commands, shard rows, COMMIT, and only then the memory
 * that readers see. Data, applied index, revision, epoch and time change together or not at all.
 * After any failure nothing is served any more (`#failure`): what SQLite answers after a failed
 * sync is not to be believed.
 */
import path from 'node:path';
import { type Clock, realClock } from '../../raft/clock.js';
import { InvariantViolation, invariant } from '../../raft/core/invariant.js';
import { type Entry, EntryKind, type GroupId, type Index } from '../../raft/core/types.js';
import type { GroupEntries } from '../../raft/state-machine.js';
import { type CheckpointWorker, ThreadCheckpointWorker } from './checkpoint-worker.js';
import {
  Checkpointer,
  type CheckpointLimits,
  type CheckpointLogger,
  checkpointDefaults,
} from './checkpointer.js';
import { CommandFormatError, decodeCommand } from './command.js';
import { applyCommand, isExpired } from './decide.js';
import { databaseFileName } from './schema.js';
import { ShardDraft } from './shard-draft.js';
import { openStateDatabase, type StateDatabase } from './state-database.js';
import { StoreError, storeError } from './store-error.js';
import type { StoreFaults } from './store-faults.js';
import type {
  CommandResult,
  ShardBirth,
  ShardState,
  Store,
  StoredValue,
  StoreStatistics,
} from './types.js';

export interface SqliteStoreOptions {
  /** Folder of the state; created when missing. Nothing in it is opened but through SQLite. */
  readonly dir: string;
  /** The 32-bit hash of a key; part of the data format. */
  readonly hash: (key: Buffer) => number;
  /** Stamped into a new database, compared with an old one. */
  readonly cluster: string;
  readonly clock?: Clock;
  readonly logger?: CheckpointLogger;
  /** A new worker thread, unless the simulator brings its own. */
  readonly worker?: CheckpointWorker;
  readonly faults?: StoreFaults;
  readonly limits?: Partial<CheckpointLimits>;
  /** Bound of SQLite's page cache. */
  readonly cacheBytesMax?: number;
}

export class SqliteStore implements Store {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly file: string;
  readonly #options: SqliteStoreOptions;
  readonly #worker: CheckpointWorker;
  readonly #checkpointer: Checkpointer;
  readonly #faults: StoreFaults | undefined;
  readonly #shards = new Map<GroupId, ShardDraft>();
  readonly #undurable = new Set<ShardDraft>();
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
  }

  async open(): Promise<void> {
    invariant(this.#opened === undefined && this.#closing === undefined, 'a store is opened once');
    const at = { file: this.file, action: 'open' };
    try {
      this.#opened = openStateDatabase(this.file, this.#options);
      for (const row of this.#opened.shardRows.all()) {
        this.#shards.set(row.group_id, new ShardDraft(row));
      }
      await this.#worker.open(this.file);
      await this.#checkpointer.begin();
    } catch (cause) {
      const error = storeError(cause, at);
      this.#failure = error;
      await this.close();
      throw error;
    }
    // What was found in the files is in the page cache at least; the worker has just synced it.
    for (const shard of this.#shards.values()) shard.durable = shard.applied;
  }

  createShards(births: readonly ShardBirth[]): void {
    const opened = this.#open();
    const missing = births.filter((birth) => !this.#shards.has(birth.group));
    if (missing.length === 0) return;
    const created = missing.map((birth) => ShardDraft.born(birth));
    requireDisjoint([...this.#shards.values(), ...created]);
    try {
      opened.durably(() => {
        for (const shard of created) opened.shardRows.insert(shard);
      });
    } catch (cause) {
      throw this.#poison(cause, 'create shards');
    }
    for (const shard of created) {
      shard.durable = shard.applied;
      this.#shards.set(shard.group, shard);
    }
    this.#checkpointer.committed();
  }

  apply(work: readonly GroupEntries[]): readonly (readonly (CommandResult | undefined)[])[] {
    const opened = this.#open();
    invariant(!this.held, 'apply is not called while a checkpoint holds the writer');
    const changed = new Set<ShardDraft>();
    const results: (CommandResult | undefined)[][] = [];
    try {
      opened.begin();
      for (const { group, entries } of work) {
        const shard = this.#shard(group);
        changed.add(shard);
        results.push(entries.map((entry) => this.#applyEntry(shard, entry)));
      }
      for (const shard of changed) opened.shardRows.update(shard);
      this.#faults?.before('commit');
      opened.commit();
    } catch (cause) {
      throw this.#poison(cause, 'apply');
    }
    for (const shard of changed) {
      shard.publish();
      this.#undurable.add(shard);
    }
    this.#transactions += 1;
    for (const { entries } of work) this.#appliedEntries += entries.length;
    this.#checkpointer.committed();
    return results;
  }

  get held(): boolean {
    return this.#checkpointer.held;
  }

  applied(group: GroupId): Index {
    return this.#shard(group).visible.applied;
  }

  durable(group: GroupId): Index {
    return this.#shard(group).durable;
  }

  shard(group: GroupId): ShardState | undefined {
    return this.#shards.get(group)?.visible;
  }

  shards(): readonly ShardState[] {
    const states = [...this.#shards.values()].map((shard) => shard.visible);
    return states.sort((a, b) => a.group - b.group);
  }

  get(group: GroupId, hash: number, key: Buffer): StoredValue | undefined {
    const { rows } = this.#open();
    const shard = this.#shard(group);
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
    const { range } = this.#shard(group).visible;
    try {
      return rows.count(range.start, range.end);
    } catch (cause) {
      throw this.#poison(cause, 'count');
    }
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

  #applyEntry(shard: ShardDraft, entry: Entry): CommandResult | undefined {
    invariant(
      entry.index === shard.applied + 1,
      `group ${shard.group} applies ${shard.applied + 1} next, not ${entry.index}`,
    );
    const result = this.#runEntry(shard, entry);
    shard.applied = entry.index;
    shard.appliedTerm = entry.term;
    return result;
  }

  #runEntry(shard: ShardDraft, entry: Entry): CommandResult | undefined {
    switch (entry.kind) {
      case EntryKind.empty:
        return undefined;
      case EntryKind.configuration:
        shard.membersEpoch += 1;
        return undefined;
      case EntryKind.command: {
        const command = this.#decode(shard, entry);
        const hash = this.#options.hash(command.key);
        return applyCommand(shard, command, { rows: this.#open().rows, hash });
      }
      default:
        throw this.#corrupt(shard, entry, `kind ${entry.kind} is not known to this version`);
    }
  }

  #decode(shard: ShardDraft, entry: Entry): ReturnType<typeof decodeCommand> {
    try {
      return decodeCommand(entry.data);
    } catch (cause) {
      if (!(cause instanceof CommandFormatError)) throw cause;
      throw this.#corrupt(shard, entry, cause.message);
    }
  }

  #corrupt(shard: ShardDraft, entry: Entry, why: string): StoreError {
    const where = `group ${shard.group}, index ${entry.index}, term ${entry.term}`;
    const advice = 'its log is damaged or was written by a newer version';
    const reason = `the committed entry of ${where} cannot be read (${why}); ${advice}`;
    return new StoreError({ code: 'corrupt', file: this.file, action: 'apply', reason });
  }

  #noteApplied(): (() => void) | undefined {
    if (this.#undurable.size === 0) return undefined;
    const noted = [...this.#undurable].map((shard) => ({ shard, index: shard.visible.applied }));
    this.#undurable.clear();
    return () => {
      for (const { shard, index } of noted) shard.durable = index;
      this.onProgress();
    };
  }

  #shard(group: GroupId): ShardDraft {
    const shard = this.#shards.get(group);
    invariant(shard !== undefined, `group ${group} has a shard on this node`);
    return shard;
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
    this.onFailure(error);
  }

  /** Nothing of the open transaction stays, and nothing is served from now on. */
  #poison(cause: unknown, action: string): Error {
    const error =
      cause instanceof InvariantViolation ? cause : storeError(cause, { file: this.file, action });
    this.#failure ??= error;
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
