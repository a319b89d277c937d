/**
 * The blocking half of snapshots: copying a shard into a file and reading whole files to check
 * them, somewhere else than on the event loop. `ThreadSnapshotWorker` runs `snapshot-thread.ts`;
 * the simulator brings its own.
 */
import { Worker } from 'node:worker_threads';
import { SnapshotError, type SnapshotErrorCode } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFile } from '../../raft/snapshots/types.js';
import type { CheckedFile } from './snapshot-file.js';
import type { MakeRequest } from './snapshot-maker.js';

export interface SnapshotWorker {
  /** Makes the file; nothing of it is left when this rejects. */
  make(request: MakeRequest): Promise<SnapshotFile>;
  /** Reads the whole file and its header; rejects with SnapshotError if it is no snapshot. */
  check(file: string): Promise<CheckedFile>;
  /** Ends what is running soon, and the worker. Idempotent. */
  stop(): Promise<void>;
}

export type SnapshotJob =
  | { readonly kind: 'make'; readonly request: MakeRequest }
  | { readonly kind: 'check'; readonly file: string };

/** What the thread is started with: one integer that is 1 when it shall come to an end. */
export interface SnapshotThreadData {
  readonly abort: Int32Array;
}

export type SnapshotAnswer =
  | { readonly kind: 'made'; readonly file: SnapshotFile }
  | { readonly kind: 'checked'; readonly file: CheckedFile }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Of a SnapshotError, which cannot cross with its class. */
      readonly refusal: SnapshotErrorCode | undefined;
      readonly code: string;
    };

interface Waiting {
  readonly resolve: (answer: SnapshotAnswer) => void;
  readonly reject: (error: Error) => void;
}

const heapMegabytesMax = 32;
const stopped = () => new SnapshotError('abandoned', 'the snapshot worker was stopped');

/** Starts its thread with the first job: most nodes make no snapshot for days. */
export class ThreadSnapshotWorker implements SnapshotWorker {
  readonly #abort = new Int32Array(new SharedArrayBuffer(4));
  #thread: Worker | undefined;
  #waiting: Waiting[] = [];
  #stopping: Promise<void> | undefined;

  async make(request: MakeRequest): Promise<SnapshotFile> {
    const answer = await this.#ask({ kind: 'make', request });
    if (answer.kind === 'made') return answer.file;
    throw asError(answer);
  }

  async check(file: string): Promise<CheckedFile> {
    const answer = await this.#ask({ kind: 'check', file });
    if (answer.kind === 'checked') return answer.file;
    throw asError(answer);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    Atomics.store(this.#abort, 0, 1);
    // Between two messages, never in the middle of SQLite's work.
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    thread.ref();
    thread.postMessage('stop');
    await exited;
  }

  #ask(job: SnapshotJob): Promise<SnapshotAnswer> {
    if (this.#stopping !== undefined) return Promise.reject(stopped());
    const thread = this.#thread ?? this.#start();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      thread.ref();
      thread.postMessage(job);
    });
  }

  #start(): Worker {
    const thread = new Worker(new URL('./snapshot-thread.js', import.meta.url), {
      name: 'snapshot',
      execArgv: [],
      env: {},
      workerData: { abort: this.#abort } satisfies SnapshotThreadData,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
    });
    this.#thread = thread;
    thread.on('message', (answer: SnapshotAnswer) => {
      this.#waiting.shift()?.resolve(answer);
      // Only running work may keep the process alive.
      if (this.#waiting.length === 0 && this.#stopping === undefined) thread.unref();
    });
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, stopped()));
    return thread;
  }

  #lost(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}

function asError(answer: SnapshotAnswer): Error {
  if (answer.kind !== 'failed') return new Error(`an answer to another question: ${answer.kind}`);
  const { message, refusal, code } = answer;
  if (refusal !== undefined) return new SnapshotError(refusal, message);
  return Object.assign(new Error(message), { code });
}
