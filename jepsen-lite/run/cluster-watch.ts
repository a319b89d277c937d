/**
 * What the nodes say of themselves while a run goes on, as Kvorum's own admin route tells it; other
 * products have none, and then nothing is known. No verdict rests on it, but an explanation often
 * does. Who leads goes into the history as what the nemesis has learnt; the rest has its own file.
 */
import { request } from 'undici';
import { z } from 'zod';
import type { NodeState, ReplicaState } from './node-state.js';

export interface Leadership {
  readonly shard: number;
  readonly leader: number;
  readonly term: number;
}

export interface WatchHooks {
  readonly leads: (leadership: Leadership) => void;
  /** Something of it is new; only replicas of which something is. */
  readonly changed: (node: NodeState) => void;
}

const everyMs = 500;
const patienceMs = 400;
const shardList = z.object({
  node: z.number(),
  shards: z.array(
    z.object({
      shard: z.number(),
      epoch: z.object({ range: z.number(), members: z.number() }),
      replica: z
        .object({ role: z.string(), term: z.number(), commit: z.number(), voter: z.boolean() })
        .nullable(),
    }),
  ),
});

export class ClusterWatch {
  readonly #endpoints: readonly string[];
  readonly #hooks: WatchHooks;
  readonly #leaders = new Map<number, Leadership>();
  readonly #nodes: NodeState[];
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(endpoints: readonly string[], hooks: WatchHooks) {
    this.#endpoints = endpoints;
    this.#hooks = hooks;
    // Until it has said its number a node has the name of its place.
    this.#nodes = endpoints.map((endpoint) => ({
      node: new URL(endpoint).host,
      answers: true,
      replicas: [],
    }));
    this.#timer = setInterval(() => void this.#look(), everyMs).unref();
    void this.#look();
  }

  /** One for each endpoint, in their order. */
  get nodes(): readonly NodeState[] {
    return this.#nodes;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const told = await Promise.all(this.#endpoints.map(ask));
    if (this.#closed) return;
    for (const [i, found] of told.entries()) this.#heard(i, found);
  }

  #heard(index: number, found: Told | undefined): void {
    const before = this.#nodes[index];
    if (before === undefined) return;
    const now =
      found === undefined
        ? { node: before.node, answers: false, replicas: [] }
        : { node: `n${found.node}`, answers: true, replicas: found.replicas };
    this.#nodes[index] = now;
    const replicas = now.answers ? news(before.replicas, now.replicas) : [];
    if (replicas.length > 0 || now.answers !== before.answers) {
      this.#hooks.changed({ ...now, replicas });
    }
    for (const { role, shard, term } of replicas) {
      if (role === 'leader' && found !== undefined)
        this.#leads({ shard, leader: found.node, term });
    }
  }

  /** Only what leaders say of themselves; one of the past has a lower term. */
  #leads(leadership: Leadership): void {
    const known = this.#leaders.get(leadership.shard);
    if (known !== undefined && known.term >= leadership.term) return;
    this.#leaders.set(leadership.shard, leadership);
    this.#hooks.leads(leadership);
  }
}

interface Told {
  readonly node: number;
  readonly replicas: ReplicaState[];
}

async function ask(endpoint: string): Promise<Told | undefined> {
  try {
    const { statusCode, body } = await request(`${endpoint}/admin/v1/shards`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    const { node, shards } = shardList.parse(JSON.parse(text));
    const replicas = shards.flatMap(({ shard, epoch, replica }) => {
      if (replica === null) return [];
      const { term, commit, voter } = replica;
      const role = voter ? replica.role : 'learner';
      return [{ shard, role, term, commit, range: epoch.range, members: epoch.members }];
    });
    return { node, replicas };
  } catch {
    // A node that is down or in trouble says nothing now.
    return undefined;
  }
}

/** What differs from before, and what is no longer there. */
function news(before: readonly ReplicaState[], now: readonly ReplicaState[]): ReplicaState[] {
  const known = new Map(before.map((replica) => [replica.shard, replica]));
  const left = new Set(now.map(({ shard }) => shard));
  const gone = before.filter(({ shard }) => !left.has(shard));
  return [
    ...now.filter((replica) => !isSame(replica, known.get(replica.shard))),
    ...gone.map((replica) => ({ ...replica, role: 'gone' })),
  ];
}

function isSame(one: ReplicaState, other: ReplicaState | undefined): boolean {
  if (other === undefined) return false;
  const names = Object.keys(one) as (keyof ReplicaState)[];
  return names.every((name) => one[name] === other[name]);
}
