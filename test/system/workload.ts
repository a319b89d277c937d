/**
 * Constant load on a cluster: writers that put unique values, readers that look at them, all
 * recorded in a History. Half of the writes go to keys that are written once, so that at the end
 * every acknowledged write can be asked for; the other half overwrite a few keys, so that a stale
 * read shows.
 */

import { History, type Read, type Violation, type Write } from './history.js';
import { HttpClient, type ReadAnswer, type WriteAnswer } from './http-client.js';

export interface WorkloadOptions {
  /** Node id and `http://host:port` of each node to send to. */
  readonly nodes: readonly { readonly id: number; readonly origin: string }[];
  readonly writersPerNode?: number;
  readonly readersPerNode?: number;
  readonly timeoutMs?: number;
  /** Begins every key, so that two workloads do not meet. */
  readonly prefix?: string;
  /** Pause of each worker after each call, so that a test does not take the whole machine. */
  readonly pauseMs?: number;
}

const sharedKeysCount = 24;
/** After a refusal, so that a node without a leader is not asked a thousand times a second. */
const refusedPauseMs = 20;

export class Workload {
  readonly history = new History();
  readonly #options: Required<WorkloadOptions>;
  readonly #clients = new Map<number, HttpClient>();
  readonly #writtenOnce: string[] = [];
  #serial = 0;
  #running = false;
  #workers: Promise<void>[] = [];

  constructor(options: WorkloadOptions) {
    this.#options = {
      writersPerNode: 4,
      readersPerNode: 2,
      timeoutMs: 6_000,
      prefix: 'w',
      pauseMs: 2,
      ...options,
    };
    for (const { id, origin } of options.nodes) this.#clients.set(id, new HttpClient(origin, 32));
  }

  get nodes(): readonly number[] {
    return this.#options.nodes.map(({ id }) => id);
  }

  start(): void {
    this.#running = true;
    for (const { id } of this.#options.nodes) {
      for (let i = 0; i < this.#options.writersPerNode; i += 1)
        this.#workers.push(this.#writer(id));
      for (let i = 0; i < this.#options.readersPerNode; i += 1)
        this.#workers.push(this.#reader(id));
    }
  }

  /** Ends the load and waits for the calls under way. The clients stay open. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
    this.#workers = [];
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  /**
   * Reads every key that was ever written, linearizably, through the given nodes in turn, and
   * returns all violations. A key that cannot be read is a violation too.
   */
  async verify(nodes = this.nodes): Promise<string[]> {
    const keys = this.history.keys();
    const unreadable: string[] = [];
    let next = 0;
    const reader = async () => {
      for (let at = next++; at < keys.length; at = next++) {
        const key = keys[at] ?? '';
        const node = nodes[at % nodes.length] ?? 0;
        const answer = await this.read(node, key);
        if (answer.outcome === 'refused') {
          unreadable.push(`${key} cannot be read: ${answer.status} ${answer.code}`);
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, reader));
    return [...unreadable, ...this.history.violations().map(inWords)];
  }

  async write(
    node: number,
    key: string,
    value: string,
    timeoutMs = this.#options.timeoutMs,
  ): Promise<WriteAnswer> {
    const invokedMs = performance.now();
    const answer = await this.#client(node).put(key, value, { timeoutMs });
    const { outcome, revision } = answer;
    this.history.add({
      ...{ type: 'write', key, value, outcome, revision, node, invokedMs },
      ...{ completedMs: performance.now(), ...placed(answer) },
    } satisfies Write);
    return answer;
  }

  async read(node: number, key: string, query?: string): Promise<ReadAnswer> {
    const invokedMs = performance.now();
    const linearizable = query === undefined;
    const { timeoutMs } = this.#options;
    const options = linearizable ? { timeoutMs } : { timeoutMs, query };
    const answer = await this.#client(node).get(key, options);
    if (answer.outcome !== 'refused') {
      const found = answer.outcome === 'found';
      this.history.add({
        ...{ type: 'read', key, node, linearizable, invokedMs, completedMs: performance.now() },
        value: found ? answer.body.toString('utf8') : undefined,
        revision: found ? answer.revision : undefined,
        ...placed(answer),
      } satisfies Read);
    }
    return answer;
  }

  async #writer(node: number): Promise<void> {
    while (this.#running) {
      this.#serial += 1;
      const serial = this.#serial;
      const once = serial % 2 === 0;
      const { prefix } = this.#options;
      const key = once
        ? `${prefix}/once/${serial}`
        : `${prefix}/shared/${serial % sharedKeysCount}`;
      const answer = await this.write(node, key, `${key}=${serial}`);
      if (once) this.#writtenOnce.push(key);
      await pause(answer.outcome === 'ok' ? this.#options.pauseMs : refusedPauseMs);
    }
  }

  async #reader(node: number): Promise<void> {
    for (let turn = node; this.#running; turn += 1) {
      const old = this.#writtenOnce[(turn * 7_919) % Math.max(1, this.#writtenOnce.length)];
      const shared = `${this.#options.prefix}/shared/${turn % sharedKeysCount}`;
      const answer = await this.read(node, turn % 4 === 0 && old !== undefined ? old : shared);
      await pause(answer.outcome === 'refused' ? refusedPauseMs : this.#options.pauseMs);
    }
  }

  #client(node: number): HttpClient {
    const client = this.#clients.get(node);
    if (client === undefined) throw new Error(`the workload does not know node ${node}`);
    return client;
  }
}

export function inWords({ rule, message }: Violation): string {
  return `${rule}: ${message}`;
}

function placed(answer: { shard: number | undefined; shardRevision: number | undefined }) {
  return { shard: answer.shard, shardRevision: answer.shardRevision };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
