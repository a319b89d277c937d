/**
 * The folder of a node's snapshot files: real files, because SQLite reads them, with the crash
 * model of the simulated disk. A power cut takes bytes that were not synced and undoes changes of
 * names that the folder was not synced after.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { FileSystem, OpenFile, OpenMode } from '../../src/raft/wal/file-system.js';
import type { Random } from './random-streams.js';
import type { DiskOperationKind } from './simulated-disk.js';

/** Runs an operation when its time has come; rejects when it fails or its process is dead. */
export type Operate = <T>(kind: DiskOperationKind, path: string, effect: () => T) => Promise<T>;

/** What happened since the last sync; survives the process, not the power cut. */
export class UnsyncedFiles {
  readonly #renames: { from: string; to: string }[] = [];
  readonly #created = new Set<string>();
  /** From where on bytes are not synced. */
  readonly #bytes = new Map<string, number>();

  created(name: string): void {
    this.#created.add(name);
  }

  renamed(from: string, to: string): void {
    this.#renames.push({ from, to });
    const bytes = this.#bytes.get(from);
    if (bytes !== undefined) this.#bytes.set(to, bytes);
    this.#bytes.delete(from);
  }

  written(name: string, position: number): void {
    this.#bytes.set(name, Math.min(position, this.#bytes.get(name) ?? position));
  }

  synced(name: string): void {
    this.#bytes.delete(name);
  }

  folderSynced(): void {
    this.#renames.length = 0;
    this.#created.clear();
  }

  removed(name: string): void {
    this.#created.delete(name);
    this.#bytes.delete(name);
  }

  /** Does to a copy of the folder what a power cut does. */
  cut(folder: string, random: Random): void {
    for (const [name, from] of this.#bytes) {
      const file = path.join(folder, name);
      if (!fs.existsSync(file)) continue;
      const { size } = fs.statSync(file);
      if (random.chance(0.7)) fs.truncateSync(file, Math.min(size, from));
      if (random.chance(0.5)) fs.truncateSync(file, size);
    }
    const kept = random.below(this.#renames.length + 1);
    for (const { from, to } of this.#renames.slice(kept).reverse()) {
      if (!fs.existsSync(path.join(folder, to))) continue;
      fs.renameSync(path.join(folder, to), path.join(folder, from));
    }
    for (const name of this.#created) {
      if (random.chance(0.5)) fs.rmSync(path.join(folder, name), { force: true });
    }
    this.folderSynced();
    this.#bytes.clear();
  }
}

export class SnapshotDisk implements FileSystem {
  readonly #unsynced: UnsyncedFiles;
  readonly #operate: Operate;

  constructor(unsynced: UnsyncedFiles, operate: Operate) {
    this.#unsynced = unsynced;
    this.#operate = operate;
  }

  async makeFolder(folder: string): Promise<void> {
    fs.mkdirSync(folder, { recursive: true });
  }

  async list(folder: string): Promise<readonly string[]> {
    return fs.readdirSync(folder).sort();
  }

  open(file: string, mode: OpenMode): Promise<OpenFile> {
    return this.#operate('open', file, () => {
      const flags = mode === 'create' ? 'wx+' : mode === 'read' ? 'r' : 'r+';
      const descriptor = fs.openSync(file, flags);
      if (mode === 'create') this.#unsynced.created(path.basename(file));
      return new SnapshotDiskFile(file, descriptor, this.#unsynced, this.#operate);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate('rename', from, () => {
      fs.renameSync(from, to);
      this.#unsynced.renamed(path.basename(from), path.basename(to));
    });
  }

  unlink(file: string): Promise<void> {
    return this.#operate('unlink', file, () => {
      fs.unlinkSync(file);
      this.#unsynced.removed(path.basename(file));
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.#operate('sync-folder', folder, () => this.#unsynced.folderSynced());
  }
}

class SnapshotDiskFile implements OpenFile {
  readonly path: string;
  readonly #name: string;
  readonly #unsynced: UnsyncedFiles;
  readonly #operate: Operate;
  #descriptor: number | undefined;

  constructor(file: string, descriptor: number, unsynced: UnsyncedFiles, operate: Operate) {
    this.path = file;
    this.#name = path.basename(file);
    this.#descriptor = descriptor;
    this.#unsynced = unsynced;
    this.#operate = operate;
  }

  async size(): Promise<number> {
    return fs.fstatSync(this.#open()).size;
  }

  async preallocate(): Promise<void> {
    throw new Error('snapshot files are not preallocated');
  }

  write(bytes: Uint8Array, length: number, position: number): Promise<void> {
    return this.#operate('write', this.path, () => {
      fs.writeSync(this.#open(), bytes, 0, length, position);
      this.#unsynced.written(this.#name, position);
    });
  }

  datasync(): Promise<void> {
    return this.#operate('datasync', this.path, () => this.#unsynced.synced(this.#name));
  }

  read(into: Uint8Array, length: number, position: number): Promise<number> {
    return this.#operate('read', this.path, () => this.readSync(into, length, position));
  }

  readSync(into: Uint8Array, length: number, position: number): number {
    return fs.readSync(this.#open(), into, 0, length, position);
  }

  async close(): Promise<void> {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed`);
    return this.#descriptor;
  }
}
