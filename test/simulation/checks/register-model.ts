/**
 * What one key may answer when operations come one after the other: the sequential meaning of put,
 * conditional put, delete and get.
 *
 * A state is the put whose value stands there, or `ABSENT`: values are unique, so a put says it
 * all. A put whose outcome nobody learnt has a revision that nobody knows; a condition on such a
 * state may hold or not, and neither answer is held against anybody.
 */
import type { Condition, Revision } from '../../../src/kv/store/types.js';
import type { Operation } from './history.js';

/** Number of the put that stands there. */
export type RegisterState = number;
export const ABSENT: RegisterState = -1;

export class RegisterModel {
  readonly #puts = new Map<string, Operation>();
  readonly #revisions = new Map<RegisterState, Revision>();

  /** `operations` of one key, stale gets too: whoever saw a value may tell its revision. */
  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      if (operation.kind !== 'put' || operation.value === undefined) continue;
      this.#puts.set(operation.value, operation);
      const { outcome, shardRevision } = operation.told;
      const { effectRevision } = operation;
      if (effectRevision !== undefined) this.#revisions.set(operation.number, effectRevision);
      const wrote = outcome === 'created' || outcome === 'replaced';
      if (wrote && shardRevision !== undefined) {
        this.#revisions.set(operation.number, shardRevision);
      }
    }
    for (const { status, told } of operations) {
      if (status !== 'ok' || told.value === undefined || told.revision === undefined) continue;
      const put = this.#puts.get(told.value);
      if (put !== undefined && !this.#revisions.has(put.number)) {
        this.#revisions.set(put.number, told.revision);
      }
    }
  }

  /** The put of a value; undefined: nobody ever asked for it. */
  putOf(value: string): Operation | undefined {
    return this.#puts.get(value);
  }

  /** Undefined for what is absent, and for a put whose revision nobody saw. */
  revisionOf(state: RegisterState): Revision | undefined {
    return this.#revisions.get(state);
  }

  /** The state after the operation, or undefined when it cannot have been answered so here. */
  step(state: RegisterState, operation: Operation): RegisterState | undefined {
    const { kind, status, told } = operation;
    if (kind === 'get') return this.#reads(state, operation) ? state : undefined;
    const holds = this.#holds(operation.condition ?? {}, state);
    // Without an answer an operation is placed only where it has an effect.
    if (status === 'unknown') return holds === false ? undefined : after(operation);
    if (told.outcome === 'precondition-failed') {
      return holds !== true && this.#isRevision(state, told.revision) ? state : undefined;
    }
    if (holds === false) return undefined;
    const exists = state !== ABSENT;
    switch (told.outcome) {
      case 'absent':
        return exists ? undefined : state;
      case 'created':
        return exists || this.#falls(state, operation) ? undefined : after(operation);
      default:
        return !exists || this.#falls(state, operation) ? undefined : after(operation);
    }
  }

  #reads(state: RegisterState, { told }: Operation): boolean {
    if (told.value === undefined) return state === ABSENT;
    return this.#puts.get(told.value)?.number === state && this.#isRevision(state, told.revision);
  }

  /** Undefined revision: of nothing. */
  #isRevision(state: RegisterState, revision: Revision | undefined): boolean {
    if (state === ABSENT || revision === undefined)
      return (state === ABSENT) === (revision === undefined);
    return (this.#revisions.get(state) ?? revision) === revision;
  }

  /** A key's revisions rise. */
  #falls(state: RegisterState, { told }: Operation): boolean {
    const before = this.#revisions.get(state);
    return before !== undefined && told.shardRevision !== undefined && told.shardRevision <= before;
  }

  /** Undefined: nobody can say. */
  #holds({ ifMatch, ifNoneMatch }: Condition, state: RegisterState): boolean | undefined {
    const matched = ifMatch === undefined ? true : this.#matches(ifMatch, state);
    if (matched === false) return false;
    const excluded = ifNoneMatch === undefined ? false : this.#matches(ifNoneMatch, state);
    if (excluded === true) return false;
    return matched === undefined || excluded === undefined ? undefined : true;
  }

  #matches(tag: '*' | Revision, state: RegisterState): boolean | undefined {
    if (state === ABSENT) return false;
    if (tag === '*') return true;
    const revision = this.#revisions.get(state);
    return revision === undefined ? undefined : revision === tag;
  }
}

function after(operation: Operation): RegisterState {
  return operation.kind === 'delete' ? ABSENT : operation.number;
}
