/**
 * Keys that are put, read and deleted, half of the writes on a condition: the revision last seen,
 * that the key is there, or that it is not. Where the product says revisions, they are checked too.
 */
import type { AnswerFacts, RevisionCondition } from '../history/event.js';
import type { Setup, Step, Workload } from './workload.js';

export const kv: Workload = {
  name: 'kv',
  about: 'each key is put, read and deleted, also on conditions of its revision',
  model: 'kv',
  needs: ['read', 'write', 'delete', 'writeIfRevision', 'writeIfAbsent', 'deleteIfRevision'],
  open(setup) {
    return new Keys(setup);
  },
};

/** A key is left for a fresh one after a while, as registers are. */
const operationsPerKey = 300;

class Keys {
  readonly #setup: Setup;
  readonly #streams;
  readonly #revisions = new Map<string, number>();
  readonly #used = new Set<string>();
  #operations = 0;
  #serial = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#streams = Array.from({ length: setup.clients }, (_, i) =>
      setup.random.stream(`client ${i}`),
    );
  }

  next(client: number): Step {
    const { keys, prefix, random } = this.#setup;
    const stream = this.#streams[client] ?? random;
    const generation = Math.floor(this.#operations / (operationsPerKey * keys));
    this.#operations += 1;
    const key = `${prefix}${generation}-${stream.below(keys)}`;
    this.#used.add(key);
    const kind = stream.unit();
    if (kind < 0.45) return this.#get(key);
    const condition = this.#condition(key, stream.unit());
    return kind < 0.88 ? this.#put(key, condition) : this.#delete(key, condition);
  }

  last(): Step[] {
    return [...this.#used].map((key) => this.#get(key));
  }

  #condition(key: string, kind: number): RevisionCondition {
    const revision = this.#revisions.get(key);
    if (kind < 0.35 && revision !== undefined) return { ifMatch: revision };
    return kind > 0.85 ? { ifNoneMatch: '*' } : {};
  }

  #get(key: string): Step {
    return {
      f: 'get',
      key,
      perform: async (store) => {
        const reply = await store.get(key);
        this.#learn(key, reply.facts);
        return reply;
      },
    };
  }

  #put(key: string, condition: RevisionCondition): Step {
    this.#serial += 1;
    const text = `${this.#serial}`;
    const value = text.padEnd(this.#setup.valueBytes, '.');
    return {
      f: 'put',
      key,
      value,
      condition,
      perform: async (store) => {
        const reply = await store.put(key, value, condition);
        this.#learn(key, reply.facts);
        return reply;
      },
    };
  }

  #delete(key: string, { ifMatch }: RevisionCondition): Step {
    const condition = ifMatch === undefined ? {} : { ifMatch };
    return { f: 'delete', key, condition, perform: (store) => store.delete(key, condition) };
  }

  #learn(key: string, { revision }: AnswerFacts): void {
    if (revision !== undefined) this.#revisions.set(key, revision);
  }
}
