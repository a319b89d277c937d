/**
 * Runs background jobs in a worker thread, started when there is one to run and ended when there
 * has been none for a while: an idle node does not pay for it.
 */
import { Worker } from 'node:worker_threads';
import { invariant } from '../core/invariant.js';
import type { BackgroundJob, BackgroundWorker } from './background.js';
import type { JobOutcome } from './background-thread.js';

const IDLE_MS = 5_000;

export function threadWorker(): BackgroundWorker {
  return new ThreadWorker();
}

interface RunningJob {
  readonly thread: Worker;
  readonly settle: (outcome: JobOutcome) => void;
}

class ThreadWorker implements BackgroundWorker {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #running: RunningJob | undefined;

  run(job: BackgroundJob): Promise<void> {
    invariant(this.#running === undefined, 'background jobs run one at a time');
    clearTimeout(this.#idle);
    const thread = this.#thread ?? this.#start();
    this.#thread = thread;
    thread.ref();
    thread.postMessage(job);
    return new Promise((resolve, reject) => {
      const settle = (outcome: JobOutcome) => {
        this.#running = undefined;
        this.#rest();
        if (outcome.ok) return resolve();
        reject(Object.assign(new Error(outcome.message), { code: outcome.code }));
      };
      this.#running = { thread, settle };
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(new URL('./background-thread.js', import.meta.url));
    // An idle thread may still be ending when the next one has a job already: that one goes on.
    const settle = (outcome: JobOutcome) => {
      if (this.#running?.thread === thread) this.#running.settle(outcome);
    };
    const lost = (error: Error) => {
      if (this.#thread === thread) this.#thread = undefined;
      settle({ ok: false, message: error.message, code: undefined });
    };
    thread.on('message', settle);
    thread.on('error', lost);
    thread.on('exit', () => lost(new Error('the background thread ended in the middle of a job')));
    return thread;
  }

  #rest(): void {
    this.#thread?.unref();
    this.#idle = setTimeout(() => void this.close(), IDLE_MS);
    this.#idle.unref();
  }
}
