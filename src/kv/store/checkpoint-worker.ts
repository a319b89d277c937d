/**
 * The blocking half of checkpoints: whoever implements this does the syncs and copies somewhere
 * else than on the event loop. `ThreadCheckpointWorker` runs `checkpoint-thread.ts`; the simulator
 * brings its own. Calls are made one at a time, by the Checkpointer.
 */
import { Worker } from 'node:worker_threads';
import { invariant } from '../../raft/core/invariant.js';
import type { WalState } from './checkpoint-files.js';

export interface CheckpointWorker {
  /**
   * Opens a connection of its own and the descriptors for the syncs, then makes everything that is
   * in the files now durable, their names included.
   */
  open(file: string): Promise<void>;
  /** fdatasync of the `-wal`: every transaction committed before the call is durable after it. */
  syncWal(): Promise<void>;
  /** fdatasync of the database file: keeps the sync inside the next checkpoint short. */
  syncDatabase(): Promise<void>;
  measure(): Promise<WalState>;
  /** One PASSIVE checkpoint. Says nothing about durability. */
  checkpoint(): Promise<WalState>;
  /** The final checkpoint; closes the connection but not the descriptors. */
  finish(): Promise<WalState>;
  /** Ends the worker with its descriptors. Only after every connection of the process is closed. */
  stop(): Promise<void>;
}

export type WorkerAction = Exclude<keyof CheckpointWorker, 'stop'> | 'stop';

export interface WorkerRequest {
  readonly action: WorkerAction;
  readonly file: string;
}

export type WorkerAnswer =
  | { readonly state: WalState | undefined }
  | { readonly message: string; readonly code: string };

interface Waiting {
  readonly resolve: (state: WalState | undefined) => void;
  readonly reject: (error: Error) => void;
}

const heapMegabytesMax = 32;

export class ThreadCheckpointWorker implements CheckpointWorker {
  #thread: Worker | undefined;
  #waiting: Waiting | undefined;
  #ended: Error | undefined;

  async open(file: string): Promise<void> {
    invariant(this.#thread === undefined, 'a checkpoint worker is opened once');
    const thread = new Worker(new URL('./checkpoint-thread.js', import.meta.url), {
      name: 'checkpoint',
      // What was given to the process (loaders, inspectors) is not for this thread.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
    });
    this.#thread = thread;
    thread.on('message', (answer: WorkerAnswer) => this.#answered(answer));
    thread.on('error', (error) => this.#end(error));
    thread.on('exit', () => this.#end(new Error('the checkpoint worker has ended')));
    await this.#ask('open', file);
  }

  async syncWal(): Promise<void> {
    await this.#ask('syncWal');
  }

  async syncDatabase(): Promise<void> {
    await this.#ask('syncDatabase');
  }

  measure(): Promise<WalState> {
    return this.#askState('measure');
  }

  checkpoint(): Promise<WalState> {
    return this.#askState('checkpoint');
  }

  finish(): Promise<WalState> {
    return this.#askState('finish');
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined || this.#ended !== undefined) return;
    const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    thread.ref();
    thread.postMessage({ action: 'stop', file: '' } satisfies WorkerRequest);
    await exited;
  }

  async #askState(action: WorkerAction): Promise<WalState> {
    const state = await this.#ask(action);
    invariant(state !== undefined, `${action} answers with the state of the log`);
    return state;
  }

  #ask(action: WorkerAction, file = ''): Promise<WalState | undefined> {
    const thread = this.#thread;
    invariant(thread !== undefined, 'the checkpoint worker is open');
    invariant(this.#waiting === undefined, 'the checkpoint worker does one thing at a time');
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      // Only running work may keep the process alive.
      thread.ref();
      thread.postMessage({ action, file } satisfies WorkerRequest);
    });
  }

  #answered(answer: WorkerAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#thread?.unref();
    if (waiting === undefined) return;
    if ('state' in answer) waiting.resolve(answer.state);
    else waiting.reject(Object.assign(new Error(answer.message), { code: answer.code }));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#ended);
  }
}
