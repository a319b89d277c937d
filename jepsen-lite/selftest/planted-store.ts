/**
 * A key-value store in memory with three endpoints, that keeps every promise or breaks one on
 * purpose. It is the whole product in little: revisions, conditions, stale copies, and answers
 * that get lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomStream } from '../workloads/random-stream.js';

export const serverBugs = {
  'stale-read': 'one node answers linearizable reads from a copy that is behind',
  'lost-write': 'now and then an acknowledged write is dropped',
  'late-write': 'now and then an acknowledged write takes effect after its answer',
  'cas-not-atomic': 'a condition is looked at first and the write is made later',
  'refused-but-applied': 'a write that is refused with "not applied" is applied',
  'applied-twice': 'now and then a write is applied once more, later',
  'delete-undone': 'now and then a deleted key comes back',
  'split-brain': 'now and then one node keeps a write to itself and answers from that',
  'wrong-key': 'now and then a read answers with the value of another key',
  'torn-value': 'now and then a value loses its last character',
  'stale-age-lies': 'stale reads say that they are younger than they are',
} as const;
export type ServerBug = keyof typeof serverBugs;

interface Version {
  readonly revision: number;
  readonly value: string | null;
  readonly atMs: number;
}

export interface Found {
  readonly value: string | null;
  readonly revision: number;
  readonly storeRevision: number;
  readonly stalenessMs?: number;
}

export interface Condition {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

export type Written =
  | { readonly done: 'refused' }
  | { readonly done: 'lost' }
  | { readonly done: 'condition-failed'; readonly found: Found }
  | { readonly done: 'written'; readonly existed: boolean; readonly revision: number };

/** What the network and a busy machine do to everyone, planted bug or not. */
const trouble = { delayMsMax: 6, refused: 0.01, lostBefore: 0.01, lostAfter: 0.02 };
const rarely = 0.05;
const copyLagMs = 60;
/** A node that lies about staleness is behind by so much, and says nothing of it. */
const hiddenLagMs = 400;
export const badNode = 2;

export class PlantedStore {
  readonly #bug: ServerBug | undefined;
  readonly #random: RandomStream;
  readonly #versions = new Map<string, Version[]>();
  /** What the bad node keeps to itself. */
  readonly #own = new Map<string, { readonly version: Version; readonly untilMs: number }>();
  #revision = 0;

  constructor(bug: ServerBug | undefined, random: RandomStream) {
    this.#bug = bug;
    this.#random = random;
  }

  async read(node: number, key: string, stale: boolean): Promise<Found> {
    await this.#delay();
    const found = stale ? this.#copy(key) : this.#fresh(node, key);
    await this.#delay();
    return found;
  }

  async write(
    node: number,
    key: string,
    value: string | null,
    condition: Condition,
  ): Promise<Written> {
    await this.#delay();
    if (this.#random.chance(trouble.lostBefore)) return { done: 'lost' };
    if (this.#random.chance(trouble.refused)) {
      if (this.#bug === 'refused-but-applied') this.#apply(key, value);
      return { done: 'refused' };
    }
    const before = this.#found(key);
    if (!holds(condition, before)) return { done: 'condition-failed', found: before };
    if (value === null && before.value === null) {
      return { done: 'written', existed: false, revision: before.storeRevision };
    }
    if (this.#bug === 'cas-not-atomic') await sleep(this.#random.between(1, 8));
    const revision = this.#take(node, key, value);
    await this.#delay();
    if (this.#random.chance(trouble.lostAfter)) return { done: 'lost' };
    return { done: 'written', existed: before.value !== null, revision };
  }

  /** The revision of the write. */
  #take(node: number, key: string, value: string | null): number {
    const strikes = this.#random.chance(rarely);
    const laterMs = this.#random.between(20, 80);
    if (!strikes) return this.#apply(key, value);
    switch (this.#bug) {
      case 'lost-write':
        return this.#revision + 1;
      case 'late-write':
        setTimeout(() => this.#apply(key, value), laterMs).unref();
        return this.#revision + 1;
      case 'applied-twice':
        setTimeout(() => this.#apply(key, value), laterMs).unref();
        return this.#apply(key, value);
      case 'split-brain':
        if (node !== badNode) return this.#apply(key, value);
        return this.#keepToItself(key, value);
      default:
        return this.#apply(key, value);
    }
  }

  #apply(key: string, value: string | null): number {
    this.#revision += 1;
    const versions = this.#versions.get(key) ?? [];
    const before = versions.at(-1);
    versions.push({ revision: this.#revision, value, atMs: performance.now() });
    this.#versions.set(key, versions);
    const undone = this.#bug === 'delete-undone' && value === null && this.#random.chance(0.3);
    if (undone && before?.value) setTimeout(() => this.#apply(key, before.value), 30).unref();
    return this.#revision;
  }

  #keepToItself(key: string, value: string | null): number {
    const version = { revision: this.#revision + 1, value, atMs: performance.now() };
    this.#own.set(key, { version, untilMs: performance.now() + 4 * copyLagMs });
    return version.revision;
  }

  #fresh(node: number, key: string): Found {
    const isBad = node === badNode;
    if (isBad && this.#bug === 'stale-read') return this.#found(key, performance.now() - copyLagMs);
    if (isBad && this.#bug === 'split-brain') {
      const own = this.#own.get(key);
      if (own !== undefined && own.untilMs > performance.now()) {
        const { value, revision } = own.version;
        return { value, revision, storeRevision: revision };
      }
    }
    if (this.#bug === 'wrong-key' && this.#random.chance(rarely)) {
      const other = this.#random.pick([...this.#versions.keys(), key]);
      return { ...this.#found(other), storeRevision: this.#revision };
    }
    const found = this.#found(key);
    if (this.#bug !== 'torn-value' || !this.#random.chance(rarely)) return found;
    return { ...found, value: found.value?.slice(0, -1) ?? null };
  }

  #copy(key: string): Found {
    const lies = this.#bug === 'stale-age-lies';
    const lagMs = lies ? hiddenLagMs : copyLagMs * this.#random.unit();
    const found = this.#found(key, performance.now() - lagMs);
    return { ...found, stalenessMs: lies ? 1 : Math.ceil(lagMs) };
  }

  /** What stood there then. */
  #found(key: string, atMs = Number.POSITIVE_INFINITY): Found {
    const version = this.#versions.get(key)?.findLast((known) => known.atMs <= atMs);
    let storeRevision = this.#revision;
    if (atMs !== Number.POSITIVE_INFINITY) {
      const past = [...this.#versions.values()].flat().filter((known) => known.atMs <= atMs);
      storeRevision = Math.max(0, ...past.map(({ revision }) => revision));
    }
    return { value: version?.value ?? null, revision: version?.revision ?? 0, storeRevision };
  }

  #delay(): Promise<void> {
    return sleep(this.#random.unit() * trouble.delayMsMax);
  }
}

function holds({ ifMatch, ifNoneMatch }: Condition, { value, revision }: Found): boolean {
  if (ifMatch === '*') return value !== null;
  if (ifMatch !== undefined) return value !== null && ifMatch === `"${revision}"`;
  return ifNoneMatch === undefined || value === null;
}
