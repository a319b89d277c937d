/**
 * Faults of the disk below one folder, for code that writes through `node:fs`: calls are answered
 * late or with an error. What is written by native code (a database's own files) is not met.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { harmless, type ShimCounts, type ShimSettings } from './settings.js';

type Call = (this: unknown, ...args: unknown[]) => unknown;
type Calls = Record<string, Call>;
type Callback = (error: Error | null, ...results: unknown[]) => void;

/** Of calls that exist with a callback and, with `Sync` at the end, without one. */
const writes = ['write', 'writev'];
const syncs = ['fsync', 'fdatasync'];

export class Disk {
  readonly #folder: string;
  /** Open files of the folder; true: each write of it is a sync (O_DSYNC). */
  readonly #files = new Map<unknown, boolean>();
  #settings: ShimSettings = harmless;
  readonly counts: ShimCounts = { syncs: 0, slowSyncs: 0, failedSyncs: 0, failedWrites: 0 };

  constructor(folder: string) {
    this.#folder = folder;
  }

  set(settings: ShimSettings): void {
    this.#settings = settings;
  }

  /** From now on all code of this thread has this disk. */
  install(): void {
    const calls = fs as unknown as Calls;
    this.#watchFiles(calls);
    for (const name of writes) this.#replace(calls, name, (file) => this.#write(file));
    for (const name of syncs) this.#replace(calls, name, () => this.#sync());
    this.#watchHandles(fs.promises as unknown as Calls);
    syncBuiltinESMExports();
  }

  #watchFiles(calls: Calls): void {
    const { open, openSync, close, closeSync } = calls as Record<string, Call> & {
      open: Call;
      openSync: Call;
      close: Call;
      closeSync: Call;
    };
    calls['open'] = (...args) => {
      const [done, ...before] = [args.at(-1) as Callback, ...args.slice(0, -1)];
      return open(...before, (error: Error | null, file: unknown) => {
        if (error === null) this.#opened(args[0], args[1], file);
        done(error, file);
      });
    };
    calls['openSync'] = (...args) => {
      const file = openSync(...args);
      this.#opened(args[0], args[1], file);
      return file;
    };
    calls['close'] = (...args) => {
      this.#files.delete(args[0]);
      return close(...args);
    };
    calls['closeSync'] = (...args) => {
      this.#files.delete(args[0]);
      return closeSync(...args);
    };
  }

  #opened(path: unknown, flags: unknown, file: unknown): void {
    if (!this.#isOurs(path)) return;
    const durable = typeof flags === 'number' && (flags & fs.constants.O_DSYNC) !== 0;
    this.#files.set(file, durable);
  }

  #isOurs(path: unknown): boolean {
    return typeof path === 'string' && path.startsWith(this.#folder);
  }

  /** `meet` says what becomes of one call: an error, or how much later it is answered. */
  #replace(calls: Calls, name: string, meet: (file: unknown) => Fate): void {
    const real = calls[name];
    const realSync = calls[`${name}Sync`];
    if (real === undefined || realSync === undefined) return;
    calls[name] = (...args) => {
      if (!this.#files.has(args[0])) return real(...args);
      const [done, ...before] = [args.at(-1) as Callback, ...args.slice(0, -1)];
      const { error, delayMs } = meet(args[0]);
      if (error !== undefined) return setTimeout(() => done(error), delayMs);
      if (delayMs === 0) return real(...args);
      return real(...before, (...results: Parameters<Callback>) =>
        setTimeout(() => done(...results), delayMs),
      );
    };
    calls[`${name}Sync`] = (...args) => {
      if (!this.#files.has(args[0])) return realSync(...args);
      const { error, delayMs } = meet(args[0]);
      block(delayMs);
      if (error !== undefined) throw error;
      return realSync(...args);
    };
  }

  /** File handles have methods of their own. */
  #watchHandles(promises: Calls): void {
    const { open } = promises;
    if (open === undefined) return;
    promises['open'] = async (...args) => {
      const handle = (await open(...args)) as Calls;
      if (!this.#isOurs(args[0])) return handle;
      this.#replaceMethod(handle, 'sync', () => this.#sync());
      this.#replaceMethod(handle, 'datasync', () => this.#sync());
      for (const name of ['write', 'writev', 'writeFile', 'appendFile']) {
        this.#replaceMethod(handle, name, () => this.#write(undefined));
      }
      return handle;
    };
  }

  #replaceMethod(handle: Calls, name: string, meet: () => Fate): void {
    const real = handle[name]?.bind(handle);
    if (real === undefined) return;
    handle[name] = async (...args) => {
      const { error, delayMs } = meet();
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (error !== undefined) throw error;
      return real(...args);
    };
  }

  #write(file: unknown): Fate {
    if (this.#settings.diskFull) {
      this.counts.failedWrites += 1;
      return { error: failure('ENOSPC', 'no space left on device, write'), delayMs: 0 };
    }
    return this.#files.get(file) === true ? this.#sync() : atOnce;
  }

  #sync(): Fate {
    const { syncDelayMs: delayMs, failedSyncsMax } = this.#settings;
    this.counts.syncs += 1;
    if (delayMs > 0) this.counts.slowSyncs += 1;
    if (this.counts.failedSyncs >= failedSyncsMax) {
      return delayMs === 0 ? atOnce : { error: undefined, delayMs };
    }
    this.counts.failedSyncs += 1;
    return { error: failure('EIO', 'i/o error, fsync'), delayMs };
  }
}

interface Fate {
  readonly error: Error | undefined;
  readonly delayMs: number;
}

const atOnce: Fate = { error: undefined, delayMs: 0 };

function failure(code: string, words: string): Error {
  return Object.assign(new Error(`${code}: ${words}`), { code, errno: -1, syscall: 'write' });
}

/** The thread itself waits, as it does in a system call. */
function block(durationMs: number): void {
  if (durationMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
