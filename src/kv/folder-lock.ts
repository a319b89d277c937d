/**
 * A lock on a data folder that ends with the process, however that ends: an SQLite file held in an
 * exclusive transaction, which the kernel frees with the process. A pid file alone would outlive a
 * kill -9 and then name a stranger; here it is only a hint for the message.
 *
 * Nobody else may open the lock file in this process: closing any descriptor of a file drops all
 * of the process's POSIX locks on it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export const lockFileName = 'lock';
export const pidFileName = 'pid';

export class FolderLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Undefined when another process, or this one, holds it. Throws when the file cannot be made. */
  static take(folder: string): FolderLock | undefined {
    const database = new Database(join(folder, lockFileName), { timeout: 0 });
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
        return undefined;
      }
      throw error;
    }
    try {
      writeFileSync(join(folder, pidFileName), `${process.pid}\n`, { mode: 0o600 });
    } catch {
      // Without it the message to a second process is shorter; a full disk must not stop a start.
    }
    return new FolderLock(database);
  }

  /** Idempotent. The files stay: removing a lock file would let two processes lock two of them. */
  release(): void {
    if (this.#database.open) this.#database.close();
  }
}

/** The process that holds the lock, as far as known. */
export function lockHolder(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, pidFileName), 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
