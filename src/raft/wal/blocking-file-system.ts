/**
 * The same files without libuv's pool, for a worker thread: a thread that fills 64 MiB with zeros
 * must not hold one of the threads that the log's own writes wait for.
 */
import * as fs from 'node:fs';
import type { FileSystem, OpenFile, OpenMode } from './file-system.js';
import { FILL_CHUNK_BYTES, FILL_SYNC_BYTES, openFlags, readFully } from './real-file-system.js';

export function blockingFileSystem(): FileSystem {
  return {
    async makeFolder(folder) {
      fs.mkdirSync(folder, { recursive: true });
    },
    async list(folder) {
      return fs.readdirSync(folder).sort();
    },
    async open(path, mode) {
      return new BlockingFile(path, mode);
    },
    async rename(from, to) {
      fs.renameSync(from, to);
    },
    async unlink(path) {
      fs.unlinkSync(path);
    },
    async syncFolder(folder) {
      const descriptor = fs.openSync(folder, 'r');
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    },
  };
}

class BlockingFile implements OpenFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #durable: boolean;
  #open = true;

  constructor(path: string, mode: OpenMode) {
    this.path = path;
    this.#descriptor = fs.openSync(path, openFlags(mode, false), 0o640);
    this.#durable = mode === 'durable';
  }

  async size(): Promise<number> {
    return fs.fstatSync(this.#descriptor).size;
  }

  async preallocate(bytes: number): Promise<void> {
    const zeros = Buffer.alloc(Math.min(bytes, FILL_CHUNK_BYTES));
    for (let at = 0; at < bytes; at += zeros.length) {
      this.#writeFully(zeros, Math.min(zeros.length, bytes - at), at);
      if ((at + zeros.length) % FILL_SYNC_BYTES === 0) fs.fdatasyncSync(this.#descriptor);
    }
    fs.fdatasyncSync(this.#descriptor);
  }

  async write(bytes: Uint8Array, length: number, position: number): Promise<void> {
    this.#writeFully(bytes, length, position);
    if (this.#durable) fs.fdatasyncSync(this.#descriptor);
  }

  async datasync(): Promise<void> {
    fs.fdatasyncSync(this.#descriptor);
  }

  async read(into: Uint8Array, length: number, position: number): Promise<number> {
    return readFully(this.#descriptor, into, length, position);
  }

  readSync(into: Uint8Array, length: number, position: number): number {
    return readFully(this.#descriptor, into, length, position);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    fs.closeSync(this.#descriptor);
  }

  #writeFully(bytes: Uint8Array, length: number, position: number): void {
    let done = 0;
    while (done < length) {
      done += fs.writeSync(this.#descriptor, bytes, done, length - done, position + done);
    }
  }
}
