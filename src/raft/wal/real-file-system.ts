/**
 * The operating system's files, through libuv: raw descriptors and callbacks, because a
 * `FileHandle` costs several promises per write and the hot path has one.
 *
 * A `durable` file is opened with O_DSYNC where that is known to reach the disk (Linux): one
 * libuv hop instead of two, measured in DESIGN.md. Elsewhere it is write + fdatasync; on macOS
 * libuv turns fdatasync into F_FULLFSYNC, which O_DSYNC does not imply.
 */
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import type { FileSystem, OpenFile, OpenMode } from './file-system.js';

/** One sync at the end of a long fill stalls everybody's syncs; one per 4 MiB does not. */
export const FILL_SYNC_BYTES = 4 * 1024 * 1024;
export const FILL_CHUNK_BYTES = 1024 * 1024;

const canUseDsync = process.platform === 'linux' && typeof fs.constants.O_DSYNC === 'number';

export interface RealFileSystemOptions {
  /** O_DSYNC for durable files; default: where it is known to be safe. */
  readonly useDsync?: boolean;
}

export function realFileSystem(options: RealFileSystemOptions = {}): FileSystem {
  const useDsync = options.useDsync ?? canUseDsync;
  return {
    async makeFolder(folder) {
      await fsp.mkdir(folder, { recursive: true });
    },
    async list(folder) {
      return (await fsp.readdir(folder)).sort();
    },
    open(path, mode) {
      return openFile(path, mode, useDsync);
    },
    rename: (from, to) => fsp.rename(from, to),
    unlink: (path) => fsp.unlink(path),
    async syncFolder(folder) {
      const handle = await fsp.open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

/** Flags for `open(2)`; shared with the blocking file system. */
export function openFlags(mode: OpenMode, useDsync: boolean): number {
  const { O_CREAT, O_EXCL, O_RDWR, O_RDONLY, O_DSYNC } = fs.constants;
  if (mode === 'create') return O_RDWR | O_CREAT | O_EXCL;
  if (mode === 'durable') return useDsync ? O_RDWR | O_DSYNC : O_RDWR;
  return mode === 'write' ? O_RDWR : O_RDONLY;
}

function openFile(path: string, mode: OpenMode, useDsync: boolean): Promise<OpenFile> {
  return new Promise((resolve, reject) => {
    fs.open(path, openFlags(mode, useDsync), 0o640, (error, descriptor) => {
      if (error) reject(error);
      else resolve(new RealFile(path, descriptor, mode === 'durable' && !useDsync));
    });
  });
}

class RealFile implements OpenFile {
  readonly path: string;
  readonly #descriptor: number;
  /** The file is durable, but its descriptor does not see to that. */
  readonly #syncAfterWrite: boolean;
  #open = true;

  constructor(path: string, descriptor: number, syncAfterWrite: boolean) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#syncAfterWrite = syncAfterWrite;
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#descriptor, (error, stat) => (error ? reject(error) : resolve(stat.size)));
    });
  }

  async preallocate(bytes: number): Promise<void> {
    const zeros = Buffer.alloc(Math.min(bytes, FILL_CHUNK_BYTES));
    for (let at = 0; at < bytes; at += zeros.length) {
      await this.write(zeros, Math.min(zeros.length, bytes - at), at);
      if ((at + zeros.length) % FILL_SYNC_BYTES === 0) await this.datasync();
    }
    await this.datasync();
  }

  write(bytes: Uint8Array, length: number, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let done = 0;
      const next = () => {
        fs.write(this.#descriptor, bytes, done, length - done, position + done, (error, count) => {
          if (error) return reject(error);
          done += count;
          // A short write is not a failure (a signal, the last free block); the rest tells.
          if (done < length) return next();
          if (!this.#syncAfterWrite) return resolve();
          fs.fdatasync(this.#descriptor, (syncError) => {
            if (syncError) reject(syncError);
            else resolve();
          });
        });
      };
      next();
    });
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }

  read(into: Uint8Array, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let done = 0;
      const next = () => {
        fs.read(this.#descriptor, into, done, length - done, position + done, (error, count) => {
          if (error) return reject(error);
          done += count;
          if (count === 0 || done === length) return resolve(done);
          next();
        });
      };
      next();
    });
  }

  readSync(into: Uint8Array, length: number, position: number): number {
    return readFully(this.#descriptor, into, length, position);
  }

  close(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#open = false;
    return new Promise((resolve, reject) => {
      fs.close(this.#descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }
}

export function readFully(
  descriptor: number,
  into: Uint8Array,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const count = fs.readSync(descriptor, into, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
