/**
 * What a power cut may leave: the files as last synced, with any part of what was written since,
 * under the names as last synced, or later ones.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pageBytes } from '../../../src/kv/store/schema.js';
import type { FileSystem, OpenFile, OpenMode } from '../../../src/raft/wal/file-system.js';
import { realFileSystem } from '../../../src/raft/wal/real-file-system.js';
import type { InlineWorker } from './inline-worker.js';

export type Random = (below: number) => number;

const walHeaderBytes = 32;

/** `state.db` and its log as the last sync of each left them on the disk. */
export class SyncedState {
  readonly #file: string;
  #database: Buffer = Buffer.alloc(0);
  #wal: Buffer = Buffer.alloc(0);
  restarts = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Follows what the worker syncs. `afterStep` runs between two of its steps. */
  watch(worker: InlineWorker, afterStep: (step: string) => void): void {
    worker.before = (step) => {
      // A checkpoint begins with a sync of the log.
      if (step === 'checkpoint') this.#syncWal();
    };
    worker.after = (step, state) => {
      if (step === 'syncWal') this.#syncWal();
      if (step === 'syncDatabase') this.#syncDatabase();
      if (step === 'checkpoint' && state?.log === state?.checkpointed) this.#syncDatabase();
      afterStep(step);
    };
  }

  syncAll(): void {
    this.#syncDatabase();
    this.#syncWal();
  }

  /** SQLite syncs the new header before it writes the first frame over an old one. */
  noticeRestart(): void {
    const header = fs.readFileSync(`${this.#file}-wal`).subarray(0, walHeaderBytes);
    if (header.equals(this.#wal.subarray(0, walHeaderBytes))) return;
    this.restarts += 1;
    const synced = Buffer.from(this.#wal);
    header.copy(synced);
    this.#wal = synced;
  }

  /** Each unsynced page arrived, or did not. */
  cut(folder: string, random: Random): void {
    fs.mkdirSync(folder, { recursive: true });
    const to = path.join(folder, 'state.db');
    fs.writeFileSync(to, mixed(this.#database, fs.readFileSync(this.#file), random));
    const wal = fs.readFileSync(`${this.#file}-wal`);
    fs.writeFileSync(`${to}-wal`, mixed(this.#wal, wal, random));
  }

  #syncDatabase(): void {
    this.#database = fs.readFileSync(this.#file);
  }

  #syncWal(): void {
    this.#wal = fs.readFileSync(`${this.#file}-wal`);
  }
}

/** Real files that remember what a power cut would leave of them. */
export class ForgetfulFiles implements FileSystem {
  readonly #real = realFileSystem();
  /** Content as last synced, by the file's number: names come and go. */
  readonly #synced = new Map<number, Buffer>();
  /** Names as last synced: the number of the file behind each. */
  readonly #names = new Map<string, number>();
  /** Called after every change. */
  onChange: (what: string) => void = () => {};

  makeFolder(folder: string): Promise<void> {
    return this.#real.makeFolder(folder);
  }

  list(folder: string): Promise<readonly string[]> {
    return this.#real.list(folder);
  }

  async open(file: string, mode: OpenMode): Promise<OpenFile> {
    const real = await this.#real.open(file, mode);
    const number = fs.statSync(file).ino;
    if (mode === 'create') this.#synced.set(number, Buffer.alloc(0));
    this.onChange('open');
    return {
      path: real.path,
      size: () => real.size(),
      preallocate: (bytes) => real.preallocate(bytes),
      write: async (bytes, length, position) => {
        await real.write(bytes, length, position);
        this.onChange('write');
      },
      datasync: async () => {
        await real.datasync();
        this.#synced.set(number, readByNumber(path.dirname(file), number));
        this.onChange('datasync');
      },
      read: (into, length, position) => real.read(into, length, position),
      readSync: (into, length, position) => real.readSync(into, length, position),
      close: () => real.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#real.rename(from, to);
    this.onChange('rename');
  }

  async unlink(file: string): Promise<void> {
    await this.#real.unlink(file);
    this.onChange('unlink');
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#real.syncFolder(folder);
    this.#names.clear();
    for (const name of fs.readdirSync(folder)) {
      this.#names.set(name, fs.statSync(path.join(folder, name)).ino);
    }
    this.onChange('syncFolder');
  }

  /** The names of one moment, synced or now; behind each what is left of its file. */
  cut(folder: string, to: string, random: Random): void {
    fs.mkdirSync(to, { recursive: true });
    const now = new Map(
      fs.readdirSync(folder).map((name) => [name, fs.statSync(path.join(folder, name)).ino]),
    );
    for (const [name, number] of random(2) === 0 ? this.#names : now) {
      const synced = this.#synced.get(number) ?? Buffer.alloc(0);
      const written = [...now.values()].includes(number) ? readByNumber(folder, number) : synced;
      fs.writeFileSync(path.join(to, name), mixed(synced, written, random));
    }
  }
}

function readByNumber(folder: string, number: number): Buffer {
  const names = fs.readdirSync(folder).map((name) => path.join(folder, name));
  const file = names.find((name) => fs.statSync(name).ino === number);
  if (file === undefined) throw new Error('the file has lost its name');
  return fs.readFileSync(file);
}

function mixed(synced: Buffer, written: Buffer, random: Random): Buffer {
  // The new length may have arrived or not; what lies between is zeros then.
  const length = random(2) === 0 ? synced.length : written.length;
  const out = Buffer.alloc(length);
  synced.copy(out);
  const likely = 1 + random(4);
  for (let at = 0; at < length; at += pageBytes) {
    if (random(likely) === 0) written.copy(out, at, at, Math.min(at + pageBytes, length));
  }
  return out;
}

export function generator(from: number): Random {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function seedOfRun(): number {
  return Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}
