/**
 * A disk in memory that forgets, tears, lies and fails on request, always the same way for the
 * same seed. The log runs on it unchanged.
 *
 * What a process sees is the page cache: every write at once. What survives a power cut is what
 * was synced, plus an arbitrary part of the rest: each unsynced write is lost, kept, or torn at
 * sectors. Names survive by `syncFolder` only; unsynced changes of names are lost from the end,
 * as in a journalling file system. Bytes beside the written ones are never touched (DESIGN.md of
 * the log, assumptions).
 */
import type { FileSystem, OpenFile, OpenMode } from '../../src/raft/wal/file-system.js';
import { SeededRandom } from '../raft/core/seeded-random.js';
import { overwritten, survivingBytes, type UnsyncedWrite, without } from './disk-writes.js';

export type DiskOperationKind =
  | 'list'
  | 'open'
  | 'rename'
  | 'unlink'
  | 'sync-folder'
  | 'size'
  | 'write'
  | 'datasync'
  | 'read';

export interface DiskOperation {
  readonly kind: DiskOperationKind;
  readonly path: string;
  /** Counts all operations of this disk, from 1. */
  readonly number: number;
}

export interface SimulatedDiskOptions {
  readonly seed?: number;
  /** Sum of the sizes of all files; beyond it writes fail with ENOSPC. */
  readonly capacityBytes?: number;
  /** Owns when, and so in which order, operations take place. Default: at once. */
  readonly schedule?: DiskSchedule;
}

export type DiskSchedule = (operation: DiskOperation, run: () => void) => void;

/** An error to be thrown by an operation; undefined lets it pass. */
export type DiskFault = 'EIO' | 'ENOSPC' | undefined;

interface Inode {
  /** What a process reads. */
  content: Uint8Array;
  /** What the disk has. */
  durable: Uint8Array;
  unsynced: UnsyncedWrite[];
}

type NameChange = { readonly path: string; readonly inode: Inode | undefined };

export class SimulatedDisk implements FileSystem {
  /** Called before every operation; may take a `powerCut` image. */
  beforeOperation: ((operation: DiskOperation) => void) | undefined;
  /** Asked before every operation whether it fails. A write that fails is half done. */
  fault: ((operation: DiskOperation) => DiskFault) | undefined;
  /** Asked before every write where it really goes; undefined: where it should. */
  misdirect: ((operation: DiskOperation, offset: number) => number | undefined) | undefined;
  capacityBytes: number;
  schedule: DiskSchedule;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  /** Lists of changes that became visible together, not yet synced; oldest first. */
  #nameChanges: (readonly NameChange[])[] = [];
  #operations = 0;
  #crashed = false;

  constructor(options: SimulatedDiskOptions = {}) {
    this.#seed = options.seed ?? 1;
    this.#random = new SeededRandom(this.#seed).next;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.schedule = options.schedule ?? ((_, run) => queueMicrotask(run));
  }

  get operations(): number {
    return this.#operations;
  }

  get usedBytes(): number {
    let bytes = 0;
    for (const inode of new Set(this.#names.values())) bytes += inode.content.length;
    return bytes;
  }

  /** The process that uses this disk is dead: nothing it does from now on happens. */
  crash(): void {
    this.#crashed = true;
  }

  /** The disk as another process finds it after a power cut here and now. */
  powerCut(seed: number): SimulatedDisk {
    const random = new SeededRandom(seed).next;
    const after = new SimulatedDisk({ seed, capacityBytes: this.capacityBytes });
    const names = new Map(this.#durableNames);
    const kept = Math.floor(random() * (this.#nameChanges.length + 1));
    for (const changes of this.#nameChanges.slice(0, kept)) applyNames(names, changes);
    for (const [path, inode] of names) {
      const bytes = survivingBytes(inode, random);
      const copy = { content: bytes, durable: bytes.slice(), unsynced: [] };
      after.#names.set(path, copy);
      after.#durableNames.set(path, copy);
    }
    return after;
  }

  /** The disk as another process finds it after this one was killed: the page cache is intact. */
  processKill(seed: number): SimulatedDisk {
    const after = new SimulatedDisk({ seed, capacityBytes: this.capacityBytes });
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const { content, durable, unsynced } = inode;
      const copy = { content: content.slice(), durable: durable.slice(), unsynced: [...unsynced] };
      const known = copies.get(inode) ?? copy;
      copies.set(inode, known);
      return known;
    };
    for (const [path, inode] of this.#names) after.#names.set(path, copyOf(inode));
    for (const [path, inode] of this.#durableNames) after.#durableNames.set(path, copyOf(inode));
    after.#nameChanges = this.#nameChanges.map((changes) =>
      changes.map(({ path, inode }) => ({ path, inode: inode && copyOf(inode) })),
    );
    return after;
  }

  /** Damage at rest. */
  flipBit(path: string, offset: number, bit: number): void {
    const inode = this.#inode(path);
    for (const bytes of new Set([inode.content, inode.durable])) {
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
    }
  }

  contentOf(path: string): Uint8Array {
    return this.#inode(path).content;
  }

  /** Puts a file there as it is, durable. */
  place(path: string, bytes: Uint8Array): void {
    const inode = { content: new Uint8Array(bytes), durable: new Uint8Array(bytes), unsynced: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** Makes a file disappear, durably. */
  lose(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  async makeFolder(_folder: string): Promise<void> {
    // Folders are implied by the names in them.
  }

  list(folder: string): Promise<readonly string[]> {
    const prefix = `${folder}/`;
    return this.operate('list', folder, () =>
      this.paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
    );
  }

  open(path: string, mode: OpenMode): Promise<OpenFile> {
    return this.operate('open', path, () => {
      const known = this.#names.get(path);
      if (mode === 'create') {
        if (known !== undefined) throw systemError('EEXIST', path);
        const inode = { content: new Uint8Array(0), durable: new Uint8Array(0), unsynced: [] };
        this.#change([{ path, inode }]);
        return new SimulatedFile(this, path, inode, mode);
      }
      return new SimulatedFile(this, path, known ?? this.#inode(path), mode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.operate('rename', from, () => {
      const inode = this.#inode(from);
      this.#change([
        { path: from, inode: undefined },
        { path: to, inode },
      ]);
    });
  }

  unlink(path: string): Promise<void> {
    return this.operate('unlink', path, () => {
      this.#inode(path);
      this.#change([{ path, inode: undefined }]);
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.operate('sync-folder', folder, () => {
      const within = (changes: readonly NameChange[]) =>
        changes.every(({ path }) => path.slice(0, path.lastIndexOf('/')) === folder);
      for (const changes of this.#nameChanges.filter(within)) {
        applyNames(this.#durableNames, changes);
      }
      this.#nameChanges = this.#nameChanges.filter((changes) => !within(changes));
    });
  }

  /** Runs one operation when its time has come. Used by the files. */
  operate<T>(kind: DiskOperationKind, path: string, effect: (fault: DiskFault) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#operations++;
      const operation = { kind, path, number: this.#operations };
      this.schedule(operation, () => {
        try {
          resolve(this.#perform(operation, effect));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Synchronous operations cannot be scheduled, but they can fail. */
  perform<T>(kind: DiskOperationKind, path: string, effect: (fault: DiskFault) => T): T {
    this.#operations++;
    return this.#perform({ kind, path, number: this.#operations }, effect);
  }

  write(path: string, inode: Inode, bytes: Uint8Array, position: number, fault: DiskFault): void {
    const operation: DiskOperation = { kind: 'write', path, number: this.#operations };
    const offset = this.misdirect?.(operation, position) ?? position;
    const growth = Math.max(0, offset + bytes.length - inode.content.length);
    if (growth > 0 && this.usedBytes + growth > this.capacityBytes)
      throw systemError('ENOSPC', path);
    const length = fault === undefined ? bytes.length : Math.floor(this.#random() * bytes.length);
    // Not `slice`: of a Buffer that is a view, and the log uses its buffer again.
    const written = new Uint8Array(bytes.subarray(0, length));
    inode.content = overwritten(inode.content, written, offset);
    inode.unsynced.push({ offset, bytes: written });
    if (fault !== undefined) throw systemError(fault, path);
  }

  datasync(path: string, inode: Inode, fault: DiskFault, writes = inode.unsynced): void {
    if (fault === undefined) {
      for (const { bytes, offset } of writes) {
        inode.durable = overwritten(inode.durable, bytes, offset);
      }
    }
    // After a failed sync the kernel calls the pages clean: the next one succeeds and does nothing.
    inode.unsynced = inode.unsynced.flatMap((write, at, all) => {
      if (writes.includes(write)) return [];
      // What is written and synced over it later can no longer be undone by it.
      const later = fault === undefined ? all.slice(at + 1).filter((w) => writes.includes(w)) : [];
      return later.reduce<UnsyncedWrite[]>(
        (left, by) => left.flatMap((w) => without(w, by)),
        [write],
      );
    });
    if (fault !== undefined) throw systemError(fault, path);
  }

  #perform<T>(operation: DiskOperation, effect: (fault: DiskFault) => T): T {
    if (!this.#crashed) this.beforeOperation?.(operation);
    if (this.#crashed) throw systemError('ECRASHED', operation.path);
    const fault = this.fault?.(operation);
    const partial = operation.kind === 'write' || operation.kind === 'datasync';
    if (fault !== undefined && !partial) throw systemError(fault, operation.path);
    return effect(fault);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  #change(changes: readonly NameChange[]): void {
    applyNames(this.#names, changes);
    this.#nameChanges.push(changes);
  }
}

class SimulatedFile implements OpenFile {
  readonly path: string;
  readonly #disk: SimulatedDisk;
  readonly #inode: Inode;
  readonly #mode: OpenMode;
  #open = true;

  constructor(disk: SimulatedDisk, path: string, inode: Inode, mode: OpenMode) {
    this.#disk = disk;
    this.path = path;
    this.#inode = inode;
    this.#mode = mode;
  }

  size(): Promise<number> {
    return this.#operate('size', () => this.#inode.content.length);
  }

  async preallocate(bytes: number): Promise<void> {
    await this.#write(new Uint8Array(bytes), 0);
    await this.datasync();
  }

  async write(bytes: Uint8Array, length: number, position: number): Promise<void> {
    await this.#write(bytes.subarray(0, length), position);
    // Like O_DSYNC: what this write brought, and not what others left in the page cache.
    if (this.#mode === 'durable') await this.#operate('datasync', this.#syncOne());
  }

  datasync(): Promise<void> {
    return this.#operate('datasync', (fault) => this.#disk.datasync(this.path, this.#inode, fault));
  }

  read(into: Uint8Array, length: number, position: number): Promise<number> {
    return this.#operate('read', () => this.#copy(into, length, position));
  }

  readSync(into: Uint8Array, length: number, position: number): number {
    if (!this.#open) throw systemError('EBADF', this.path);
    return this.#disk.perform('read', this.path, () => this.#copy(into, length, position));
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #syncOne(): (fault: DiskFault) => void {
    const written = this.#inode.unsynced.at(-1);
    return (fault) => {
      if (written === undefined) throw new Error('nothing was written');
      this.#disk.datasync(this.path, this.#inode, fault, [written]);
    };
  }

  #write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#operate('write', (fault) => {
      if (this.#mode === 'read') throw systemError('EBADF', this.path);
      this.#disk.write(this.path, this.#inode, bytes, position, fault);
    });
  }

  #operate<T>(kind: DiskOperationKind, effect: (fault: DiskFault) => T): Promise<T> {
    if (!this.#open) return Promise.reject(systemError('EBADF', this.path));
    return this.#disk.operate(kind, this.path, effect);
  }

  #copy(into: Uint8Array, length: number, position: number): number {
    const part = this.#inode.content.subarray(position, position + length);
    into.set(part);
    return part.length;
  }
}

function applyNames(names: Map<string, Inode>, changes: readonly NameChange[]): void {
  for (const { path, inode } of changes) {
    if (inode === undefined) names.delete(path);
    else names.set(path, inode);
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code });
}
