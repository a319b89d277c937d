/**
 * What a checkpoint worker does with the files, one blocking step at a time: a SQLite connection
 * of its own for PASSIVE checkpoints, and one descriptor each of `state.db` and its `-wal` for the
 * syncs whose success we believe.
 *
 * The descriptors are opened once. POSIX locks belong to the process and the file, so closing any
 * descriptor of a file drops the locks that SQLite's connections hold on it (SQLite, "How To
 * Corrupt An SQLite Database File", section 2.2). `release` therefore comes last of all.
 */
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { invariant } from '../../raft/core/invariant.js';

export interface WalState {
  /** Frames in the log since it was last restarted. */
  readonly log: number;
  /** How many of them are in the database file. */
  readonly checkpointed: number;
  readonly walBytes: number;
  readonly databaseBytes: number;
}

interface Opened {
  readonly file: string;
  readonly db: Database.Database;
  readonly databaseDescriptor: number;
  readonly walDescriptor: number;
}

interface CheckpointRow {
  readonly log: number;
  readonly checkpointed: number;
}

export class CheckpointFiles {
  #opened: Opened | undefined;

  open(file: string): void {
    invariant(this.#opened === undefined, 'opened once');
    const db = new Database(file, { fileMustExist: true, timeout: 0 });
    db.pragma('synchronous = NORMAL');
    db.pragma('wal_autocheckpoint = 0');
    // The first read makes this connection attach to the log; nothing is ever written through it.
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    this.#opened = {
      file,
      db,
      databaseDescriptor: fs.openSync(file, 'r'),
      walDescriptor: fs.openSync(`${file}-wal`, 'r'),
    };
    this.syncWal();
    this.syncDatabase();
    syncFolder(path.dirname(file));
  }

  syncWal(): void {
    const { file, walDescriptor } = this.#files();
    syncNamed(walDescriptor, `${file}-wal`);
  }

  syncDatabase(): void {
    const { file, databaseDescriptor } = this.#files();
    syncNamed(databaseDescriptor, file);
  }

  measure(): WalState {
    return this.#walState('NOOP');
  }

  checkpoint(): WalState {
    return this.#walState('PASSIVE');
  }

  /** The final checkpoint. The descriptors stay: another connection may still be open. */
  finish(): WalState {
    const state = this.checkpoint();
    this.#files().db.close();
    return state;
  }

  /** Only when no connection of this process has the files open any more. */
  release(): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#opened = undefined;
    opened.db.close();
    fs.closeSync(opened.databaseDescriptor);
    fs.closeSync(opened.walDescriptor);
  }

  #walState(mode: 'NOOP' | 'PASSIVE'): WalState {
    const { db, databaseDescriptor, walDescriptor } = this.#files();
    const [row] = db.pragma(`wal_checkpoint(${mode})`) as CheckpointRow[];
    invariant(row !== undefined, 'a checkpoint answers with one row');
    return {
      log: row.log,
      checkpointed: row.checkpointed,
      walBytes: fs.fstatSync(walDescriptor).size,
      databaseBytes: fs.fstatSync(databaseDescriptor).size,
    };
  }

  #files(): Opened {
    invariant(this.#opened !== undefined, 'the checkpoint worker is open');
    return this.#opened;
  }
}

/** A sync of a file that has lost its name would succeed and mean nothing. */
function syncNamed(descriptor: number, name: string): void {
  fs.fdatasyncSync(descriptor);
  if (fs.fstatSync(descriptor).nlink === 0) {
    throw new Error(`${name} was deleted while the node was using it`);
  }
}

/** So that a power cut does not forget the names of new files. */
function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
