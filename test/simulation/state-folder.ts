/**
 * The folder of a node's SQLite state, and what a crash or a power cut leaves of it.
 *
 * The files are real and the disk under them is not simulated. A process that dies leaves every
 * commit. A power cut leaves the state as of one commit: any from the last durable one to the
 * newest, which is what SQLite promises for `synchronous=NORMAL` in WAL mode. SQLite's log says
 * where commits end, so the log is cut there. The database file may only hold pages of commits
 * that are durable, and does: a checkpoint syncs the log before it copies.
 *
 * Each process gets a copy in a folder of its own: the dead one's connections are still open.
 */
import fs from 'node:fs';
import path from 'node:path';
import { databaseFileName, frameBytes } from '../../src/kv/store/schema.js';
import { snapshotFolderName } from '../../src/kv/store/snapshot-folder.js';
import type { Death } from './observer.js';
import type { Random } from './random-streams.js';
import { UnsyncedFiles } from './snapshot-disk.js';

export interface LogPosition {
  /** Frames in SQLite's log since it was last begun anew. */
  readonly log: number;
  readonly checkpointed: number;
}

const walHeaderBytes = 32;

/** Where commits end in SQLite's log, since the last durable one. */
class CommitBoundaries {
  #frames: number[] = [0];
  #checkpointed = 0;

  /** After a commit; undefined when nothing was open to commit to. */
  committed(position: LogPosition | undefined): void {
    if (position === undefined) return;
    const { log, checkpointed } = position;
    // Begun anew only when all of it was in the database, and synced there.
    const restarted = checkpointed < this.#checkpointed || log < this.newest;
    if (restarted) this.#frames = [0];
    this.#checkpointed = checkpointed;
    if (log > this.newest) this.#frames.push(log);
  }

  get newest(): number {
    return this.#frames.at(-1) ?? 0;
  }

  /** What is there now will be durable when the returned function is called. */
  syncing(): () => void {
    const frames = this.#frames;
    const { newest } = this;
    return () => {
      // Another log than the one that was synced: what the sync covered is in the database.
      if (frames === this.#frames) this.durable(newest);
    };
  }

  durable(frames: number): void {
    const kept = this.#frames.filter((end) => end >= frames);
    this.#frames.splice(0, this.#frames.length, ...kept);
    if (this.#frames.length === 0) this.#frames.push(frames);
  }

  /** All of it is on the disk: after a checkpoint, which syncs the log before it copies. */
  allDurable(position: LogPosition | undefined): void {
    this.committed(position);
    this.durable(this.newest);
  }

  draw(random: Random): number {
    return random.pick(this.#frames);
  }
}

export class StateFolder {
  readonly #base: string;
  readonly #random: Random;
  #generation = 0;
  readonly snapshots = new UnsyncedFiles();
  #boundaries = new CommitBoundaries();

  constructor(base: string, random: Random) {
    this.#base = base;
    this.#random = random;
  }

  /** Of the process that lives now, or of the next one. */
  get path(): string {
    return path.join(this.#base, `${this.#generation}`);
  }

  get file(): string {
    return path.join(this.path, databaseFileName);
  }

  get boundaries(): CommitBoundaries {
    return this.#boundaries;
  }

  make(): void {
    fs.mkdirSync(this.path, { recursive: true });
  }

  /** The process has died; the files are left to the next one. */
  leave(death: Death): void {
    const from = this.file;
    const snapshots = path.join(this.path, snapshotFolderName);
    this.#generation += 1;
    if (!fs.existsSync(from)) return;
    this.make();
    fs.copyFileSync(from, this.file);
    if (fs.existsSync(`${from}-wal`)) this.#leaveLog(`${from}-wal`, death);
    if (fs.existsSync(snapshots)) this.#leaveSnapshots(snapshots, death);
    this.#boundaries = new CommitBoundaries();
  }

  #leaveSnapshots(folder: string, death: Death): void {
    const to = path.join(this.path, snapshotFolderName);
    fs.cpSync(folder, to, { recursive: true });
    if (death === 'power-cut') this.snapshots.cut(to, this.#random);
  }

  #leaveLog(log: string, death: Death): void {
    const to = `${this.file}-wal`;
    fs.copyFileSync(log, to);
    if (death === 'crash') return;
    const keptBytes = walHeaderBytes + this.#boundaries.draw(this.#random) * frameBytes;
    if (fs.statSync(to).size > keptBytes) fs.truncateSync(to, keptBytes);
  }

  /** Everything is gone. */
  wipe(): void {
    this.#generation += 1;
    this.#boundaries = new CommitBoundaries();
  }

  /** Removes what dead processes have left, once their connections are closed. */
  removeOld(): void {
    for (const name of fs.existsSync(this.#base) ? fs.readdirSync(this.#base) : []) {
      if (name === `${this.#generation}`) continue;
      fs.rmSync(path.join(this.#base, name), { recursive: true, force: true });
    }
  }
}
