/**
 * Who leads which shard while a run goes on, as Kvorum's own admin route tells it; other products
 * have none, and then nothing is known. It goes into the history as what the nemesis has learnt:
 * no verdict rests on it, but an explanation often does.
 */
import { request } from 'undici';
import { z } from 'zod';

export interface Leadership {
  readonly shard: number;
  readonly leader: number;
  readonly term: number;
}

const everyMs = 500;
const patienceMs = 400;
const shardList = z.object({
  shards: z.array(
    z.object({
      shard: z.number(),
      leader: z.number().nullable(),
      replica: z.object({ role: z.string(), term: z.number() }).nullable(),
    }),
  ),
});

export class LeaderWatch {
  readonly #endpoints: readonly string[];
  readonly #changed: (leadership: Leadership) => void;
  readonly #known = new Map<number, Leadership>();
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(endpoints: readonly string[], changed: (leadership: Leadership) => void) {
    this.#endpoints = endpoints;
    this.#changed = changed;
    this.#timer = setInterval(() => void this.#look(), everyMs).unref();
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** Only what leaders say of themselves; one of the past has a lower term. */
  async #look(): Promise<void> {
    const told = await Promise.all(this.#endpoints.map(ask));
    if (this.#closed) return;
    for (const leadership of told.flat()) {
      const known = this.#known.get(leadership.shard);
      if (known !== undefined && known.term >= leadership.term) continue;
      this.#known.set(leadership.shard, leadership);
      this.#changed(leadership);
    }
  }
}

async function ask(endpoint: string): Promise<Leadership[]> {
  try {
    const { statusCode, body } = await request(`${endpoint}/admin/v1/shards`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await body.text();
    if (statusCode !== 200) return [];
    return shardList
      .parse(JSON.parse(text))
      .shards.flatMap(({ shard, leader, replica }) =>
        leader !== null && replica?.role === 'leader'
          ? [{ shard, leader, term: replica.term }]
          : [],
      );
  } catch {
    // A node that is down or in trouble knows nothing now.
    return [];
  }
}
