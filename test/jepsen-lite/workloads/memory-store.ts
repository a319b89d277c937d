/** A store in memory that keeps all promises, for workloads to run on without a network. */
import type { Reply, Store } from '../../../jepsen-lite/adapters/store.js';
import type { AnswerFacts, RevisionCondition } from '../../../jepsen-lite/history/event.js';

export class MemoryStore implements Store {
  readonly #entries = new Map<string, { readonly value: string; readonly revision: number }>();
  #revision = 0;

  async get(key: string): Promise<Reply> {
    const entry = this.#entries.get(key);
    return { type: 'ok', value: entry?.value ?? null, facts: this.#facts(entry?.revision) };
  }

  async put(key: string, value: string, condition: RevisionCondition = {}): Promise<Reply> {
    const entry = this.#entries.get(key);
    if (!holds(condition, entry?.revision)) return this.#refused(entry?.revision);
    this.#revision += 1;
    this.#entries.set(key, { value, revision: this.#revision });
    const outcome = entry === undefined ? 'created' : 'replaced';
    return { type: 'ok', facts: { ...this.#facts(this.#revision), outcome } };
  }

  async delete(key: string, condition: RevisionCondition = {}): Promise<Reply> {
    const entry = this.#entries.get(key);
    if (!holds(condition, entry?.revision)) return this.#refused(entry?.revision);
    if (this.#entries.delete(key)) this.#revision += 1;
    const outcome = entry === undefined ? 'absent' : 'deleted';
    return { type: 'ok', facts: { ...this.#facts(undefined), outcome } };
  }

  async compareAndSet(key: string, expected: string, next: string): Promise<Reply> {
    const entry = this.#entries.get(key);
    return entry?.value === expected ? this.put(key, next) : this.#refused(entry?.revision);
  }

  #refused(revision: number | undefined): Reply {
    return { type: 'ok', facts: { ...this.#facts(revision), outcome: 'precondition-failed' } };
  }

  #facts(revision: number | undefined): AnswerFacts {
    const shared = { shard: 0, shardRevision: this.#revision };
    return revision === undefined ? shared : { ...shared, revision };
  }
}

function holds({ ifMatch, ifNoneMatch }: RevisionCondition, revision: number | undefined) {
  if (ifMatch === '*') return revision !== undefined;
  if (ifMatch !== undefined) return ifMatch === revision;
  return ifNoneMatch === undefined || revision === undefined;
}
