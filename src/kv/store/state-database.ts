/**
 * The one connection that writes: everything the store does with SQLite goes through here, and
 * nothing else of the process but the checkpoint worker has the files open.
 */
import fs from 'node:fs';
import path from 'node:path';
import Database, { type Statement } from 'better-sqlite3';
import { KeyRows } from './key-rows.js';
import { durably, hashProbe, openSchema } from './schema.js';
import { ShardRows } from './shard-rows.js';

export interface StateDatabaseOptions {
  readonly hash: (key: Buffer) => number;
  readonly cluster: string;
  /** Bound of SQLite's page cache. */
  readonly cacheBytesMax?: number;
}

export interface LogPosition {
  readonly log: number;
  readonly checkpointed: number;
}

const cacheBytesDefault = 32 * 1024 * 1024;
/** Freed pages given back in one go; each may move another page. */
const vacuumPages = 100;

export function openStateDatabase(file: string, options: StateDatabaseOptions): StateDatabase {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Nobody else may ever hold a lock here, so waiting for one would only freeze the loop.
  const db = new Database(file, { timeout: 0 });
  try {
    const { cluster, hash, cacheBytesMax = cacheBytesDefault } = options;
    const identity = { cluster, hashProbe: hash(hashProbe) };
    openSchema(db, { file, identity, cacheBytesMax });
    return new StateDatabase(db);
  } catch (cause) {
    db.close();
    throw cause;
  }
}

export class StateDatabase {
  readonly rows: KeyRows;
  readonly shardRows: ShardRows;
  readonly #db: Database.Database;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #logPosition: Statement<[], LogPosition>;
  readonly #freePages: Statement<[], number>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.rows = new KeyRows(db);
    this.shardRows = new ShardRows(db);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#logPosition = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#freePages = db.prepare<[], number>('PRAGMA freelist_count').pluck();
  }

  begin(): void {
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  rollBack(): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
  }

  /** One transaction that survives a power cut when this returns. */
  durably(change: () => void): void {
    durably(this.#db, change);
  }

  /** Frames in the log, and how many of them are copied. Two microseconds; takes no lock. */
  logPosition(): LogPosition {
    return this.#logPosition.get() ?? { log: 0, checkpointed: 0 };
  }

  freePages(): number {
    return this.#freePages.get() ?? 0;
  }

  returnFreePages(): void {
    // `exec` runs to the end; a prepared statement would stop after the first page.
    this.#db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
  }

  close(): void {
    this.#db.close();
  }
}
