/**
 * The checkpoint worker of a simulated process: the real file operations, on the loop, at the
 * moment the simulation chooses. Dies with its process: what was asked for then never ends well.
 */
import Database, { type Statement } from 'better-sqlite3';
import { CheckpointFiles, type WalState } from '../../src/kv/store/checkpoint-files.js';
import type { CheckpointWorker } from '../../src/kv/store/checkpoint-worker.js';
import { frameBytes } from '../../src/kv/store/schema.js';
import type { LogPosition, StateFolder } from './state-folder.js';

export interface CheckpointWorkerParts {
  readonly folder: StateFolder;
  /** Runs it when the disk has got to it. */
  readonly later: (run: () => void) => void;
  /** One step that a crash may come before. */
  readonly step: (what: string) => void;
}

export class SimulatedCheckpointWorker implements CheckpointWorker {
  readonly #parts: CheckpointWorkerParts;
  readonly #files = new CheckpointFiles();
  #reject: ((error: Error) => void) | undefined;
  /** A connection that only looks at how long the log is: asked after every commit. */
  #look: { readonly db: Database.Database; readonly at: Statement<[], LogPosition> } | undefined;
  #dead = false;

  constructor(parts: CheckpointWorkerParts) {
    this.#parts = parts;
  }

  async open(file: string): Promise<void> {
    this.#files.open(file);
    const db = new Database(file, { timeout: 0 });
    db.pragma('wal_autocheckpoint = 0');
    this.#look = { db, at: db.prepare('PRAGMA wal_checkpoint(NOOP)') };
    this.#parts.folder.boundaries.allDurable(this.#files.measure());
  }

  syncWal(): Promise<void> {
    const { boundaries } = this.#parts.folder;
    // The end of the newest commit is written down when the next one begins, which is not yet.
    boundaries.committed(this.position());
    const durable = boundaries.syncing();
    return this.#later('sync of the state log', () => {
      this.#files.syncWal();
      durable();
    });
  }

  syncDatabase(): Promise<void> {
    return this.#later('sync of the state', () => this.#files.syncDatabase());
  }

  /** Asked all the time: sizes are worked out and not looked up. */
  async measure(): Promise<WalState> {
    const { log, checkpointed } = this.position() ?? this.#alive().measure();
    return { log, checkpointed, walBytes: log * frameBytes, databaseBytes: 0 };
  }

  checkpoint(): Promise<WalState> {
    return this.#later('checkpoint', () => {
      const state = this.#files.checkpoint();
      this.#parts.folder.boundaries.allDurable(state);
      return state;
    });
  }

  async finish(): Promise<WalState> {
    const state = this.#alive().finish();
    this.#parts.folder.boundaries.allDurable(state);
    return state;
  }

  async stop(): Promise<void> {
    this.#look?.db.close();
    this.#look = undefined;
    this.#files.release();
  }

  /** On the loop, after a commit. Undefined before it was opened. */
  position(): LogPosition | undefined {
    return this.#look?.at.get();
  }

  /** Whoever waits learns that nothing comes any more, so that the store can be closed. */
  die(): void {
    this.#dead = true;
    this.#reject?.(new Error('the process has died'));
    this.#reject = undefined;
  }

  #alive(): CheckpointFiles {
    if (this.#dead) throw new Error('the process has died');
    return this.#files;
  }

  #later<T>(what: string, run: () => T): Promise<T> {
    if (this.#dead) return Promise.reject(new Error('the process has died'));
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#parts.later(() => {
        this.#reject = undefined;
        try {
          this.#parts.step(what);
          resolve(run());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
}
