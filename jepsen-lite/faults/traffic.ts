/** Writes of the harness itself, to keys of its own that it removes again. Nobody checks them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

const patienceMs = 2_000;
/** Enough keys for every shard to have some. */
const gentle: WriteLoad = { writers: 4, keys: 64, valueBytes: 100, pauseMs: 20 };
const prefix = 'jepsen-lite.load.';

export interface WriteLoad {
  readonly writers: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly pauseMs: number;
}

/** What `look` finds while shards have work. */
export async function whileWriting<T>(
  nodes: readonly { readonly endpoint: string }[],
  look: () => Promise<T>,
): Promise<T> {
  if (nodes.length === 0) return look();
  const traffic = new Traffic(nodes.map(({ endpoint }) => endpoint));
  traffic.write(gentle);
  try {
    return await look();
  } finally {
    await traffic.end();
  }
}

export class Traffic {
  readonly #endpoints: readonly string[];
  readonly #over = new AbortController();
  readonly #keys = new Set<string>();
  /** Of its own: load must not take the connections of what is measured. */
  readonly #agent = new Agent({ connections: 64 });
  #writers: Promise<void>[] = [];
  /** Writes that were answered with success. */
  answered = 0;

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  write(load: WriteLoad): void {
    this.#writers = Array.from({ length: load.writers }, (_, i) => this.#writer(i, load));
  }

  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#writers);
    await Promise.all([...this.#keys].map((key, i) => this.#send('DELETE', i, key)));
    await this.#agent.destroy();
  }

  async #writer(index: number, { keys, valueBytes, pauseMs }: WriteLoad): Promise<void> {
    const value = Buffer.alloc(valueBytes, 'x');
    for (let i = index; !this.#over.signal.aborted; i += 7) {
      const key = prefix + (i % keys);
      this.#keys.add(key);
      const status = await this.#send('PUT', i, key, value);
      if (status !== undefined && status < 300) this.answered += 1;
      await sleep(pauseMs);
    }
  }

  async #send(
    method: 'PUT' | 'DELETE',
    turn: number,
    key: string,
    body?: Buffer,
  ): Promise<number | undefined> {
    const endpoint = this.#endpoints[turn % this.#endpoints.length];
    try {
      const { statusCode, body: answer } = await request(`${endpoint}/v1/kv/${key}`, {
        method,
        body: body ?? null,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(patienceMs),
      });
      await answer.dump();
      return statusCode;
    } catch {
      // It is load, not a measurement.
      return undefined;
    }
  }
}
