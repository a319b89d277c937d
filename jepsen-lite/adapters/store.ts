/**
 * A key-value store as workloads use it: four calls, whatever the product. A compare-and-set by
 * value is made of a read and a conditional write where the product has none: while the revision
 * is the same the value is too, so the two together take effect at once.
 */
import type { RevisionCondition } from '../history/event.js';
import type { AdapterDescription, Call } from './description.js';
import type { Reply } from './reply.js';
import type { Holes } from './template.js';

export type { Reply } from './reply.js';

export interface Store {
  get(key: string, consistency?: 'linearizable' | 'stale'): Promise<Reply>;
  put(key: string, value: string, condition?: RevisionCondition): Promise<Reply>;
  delete(key: string, condition?: RevisionCondition): Promise<Reply>;
  compareAndSet(key: string, expected: string, next: string): Promise<Reply>;
}

/** Carries out one call of an adapter. */
export type Perform = (call: Call, holes: Omit<Holes, 'timeoutMs'>) => Promise<Reply>;

/** Without a request for it, a revision that a read tells does as well. */
export function comparesAndSets(adapter: AdapterDescription): boolean {
  const told = { ...adapter.facts, ...adapter.read.facts };
  const byRevision = adapter.writeIfRevision !== undefined && told.revision !== undefined;
  return adapter.compareAndSet !== undefined || byRevision;
}

export class AdaptedStore implements Store {
  readonly #adapter: AdapterDescription;
  readonly #perform: Perform;

  constructor(adapter: AdapterDescription, perform: Perform) {
    this.#adapter = adapter;
    this.#perform = perform;
  }

  get(key: string, consistency: 'linearizable' | 'stale' = 'linearizable'): Promise<Reply> {
    return this.#perform(consistency === 'stale' ? 'staleRead' : 'read', { key });
  }

  put(key: string, value: string, condition: RevisionCondition = {}): Promise<Reply> {
    const { ifMatch, ifNoneMatch } = condition;
    if (typeof ifMatch === 'number') {
      return this.#perform('writeIfRevision', { key, value, revision: ifMatch });
    }
    if (ifMatch === '*') return this.#perform('writeIfPresent', { key, value });
    if (ifNoneMatch === '*') return this.#perform('writeIfAbsent', { key, value });
    return this.#perform('write', { key, value });
  }

  delete(key: string, { ifMatch }: RevisionCondition = {}): Promise<Reply> {
    if (typeof ifMatch !== 'number') return this.#perform('delete', { key });
    return this.#perform('deleteIfRevision', { key, revision: ifMatch });
  }

  async compareAndSet(key: string, expected: string, next: string): Promise<Reply> {
    const call = this.#adapter.compareAndSet;
    if (call !== undefined) {
      return this.#perform('compareAndSet', { key, expected, value: next });
    }
    const read = await this.get(key);
    if (read.type !== 'ok') return { ...read, type: 'fail' };
    const { revision } = read.facts;
    if (read.value !== expected || revision === undefined) return notThere(read);
    return this.put(key, next, { ifMatch: revision });
  }
}

function notThere({ facts }: Reply): Reply {
  return { type: 'ok', facts: { ...facts, outcome: 'precondition-failed' } };
}
