/**
 * One client: one operation at a time, at its pace. After an answer that did not come it goes on
 * under another number, for the operation may still take effect while the next one runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpStore } from '../adapters/http-store.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Completion, Step } from '../workloads/workload.js';
import type { Recorder } from './recorder.js';

export interface ClientOptions {
  /** Among all clients of the run. */
  readonly index: number;
  /** How far apart the numbers of one client are. */
  readonly clients: number;
  /** One per endpoint. */
  readonly stores: readonly HttpStore[];
  readonly recorder: Recorder;
  /** Between the starts of two operations, on average. */
  readonly pauseMs: number;
  readonly random: RandomStream;
  readonly answered: (answer: Answered) => void;
}

export interface Answered {
  readonly type: Completion['type'];
  readonly endpoint: number;
  readonly invokedNs: number;
  readonly completedNs: number;
}

export class Client {
  readonly #options: ClientOptions;
  #process: number;
  #endpoint: number;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#process = options.index;
    this.#endpoint = options.index % options.stores.length;
  }

  /** Until the signal; the operation under way is finished. */
  async run(next: () => Step, signal: AbortSignal): Promise<void> {
    const { pauseMs, random } = this.#options;
    let dueMs = performance.now() + random.unit() * pauseMs;
    while (!signal.aborted) {
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const { type } = await this.perform(next());
      // Who was held up does not catch up in a burst.
      dueMs = Math.max(dueMs, performance.now() - pauseMs) + 2 * random.unit() * pauseMs;
      if (type !== 'ok') this.#moveOn();
    }
  }

  async perform(step: Step): Promise<Completion> {
    const { recorder, stores, clients, answered } = this.#options;
    const endpoint = this.#endpoint;
    const chosen = stores[endpoint];
    if (chosen === undefined) throw new Error('a client needs an endpoint');
    const invokedNs = recorder.nowNs;
    recorder.invoke(this.#process, step);
    const completion = await step.perform(chosen.store);
    recorder.complete(this.#process, step, completion, chosen.endpoint);
    if (completion.type === 'info') this.#process += clients;
    answered({ type: completion.type, endpoint, invokedNs, completedNs: recorder.nowNs });
    return completion;
  }

  /** Asks another endpoint from now on. */
  moveOn(): void {
    this.#endpoint = (this.#endpoint + 1) % this.#options.stores.length;
  }

  /** Half of the clients stay where they are: a node that is cut off is asked too. */
  #moveOn(): void {
    if (this.#options.index % 2 === 1) this.moveOn();
  }
}
