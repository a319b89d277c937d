/**
 * Watches of a key, each from a revision on: events come in the order of their revisions, each
 * once, none is left out up to the last one that came, none from before the revision that was asked
 * for, whoever asks again from where he was goes on without a gap, and each event is a change that
 * somebody made and that reads show at the same revision.
 */
import type { Value } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { showValue, tell } from '../history/tell.js';
import { type Finding, finding, type KeyRule, malformed, SenselessAnswer } from './judge-by-key.js';

export const watchRule: KeyRule = {
  claim: 'watches show every change of a key once, in order, from any revision on',
  fs: ['watch', 'put', 'delete', 'get'],
  judge(operations) {
    const watches = operations
      .filter(({ f, status }) => f === 'watch' && status === 'ok')
      .map(watchOf);
    const changes = operations.filter(
      ({ f, status, facts }) =>
        (f === 'put' || f === 'delete') &&
        status !== 'fail' &&
        facts.outcome !== 'precondition-failed' &&
        facts.outcome !== 'absent',
    );
    for (const watch of watches) {
      const found = outOfOrder(watch) ?? madeUp(watch, changes);
      if (found !== undefined) return found;
    }
    const known = new KnownRevisions();
    const found =
      operations.map((operation) => known.learn(operation)).find((one) => one !== undefined) ??
      watches.map((watch) => known.learnWatch(watch)).find((one) => one !== undefined);
    return found ?? known.doubled(changes) ?? incomplete(watches, known);
  },
};

interface Change {
  readonly revision: number;
  readonly value: Value;
}

interface Watch {
  readonly operation: Operation;
  readonly from: number;
  readonly events: readonly Change[];
}

/** The key is named in the operation, or in what was asked. */
function watchOf(operation: Operation): Watch {
  const { asked, answered } = operation;
  const { from } = isObject(asked) ? asked : {};
  if (typeof from !== 'number') throw malformed(operation, asked, '{ from } with a revision');
  if (!Array.isArray(answered)) throw new SenselessAnswer(operation, 'a list of events');
  const events = answered.map((event: Value): Change => {
    const { revision, value } = isObject(event) ? event : {};
    if (typeof revision !== 'number')
      throw new SenselessAnswer(operation, 'a list of { revision, value }');
    return { revision, value: value ?? null };
  });
  return { operation, from, events };
}

function isObject(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function outOfOrder({ operation, from, events }: Watch): Finding | undefined {
  let last = from;
  for (const [at, { revision }] of events.entries()) {
    if (revision > last) last = revision;
    else {
      const what =
        at === 0
          ? `begins with revision ${revision}, and was asked for what comes after ${from}`
          : revision === last
            ? `shows revision ${revision} twice`
            : `shows revision ${revision} after ${last}`;
      return finding(`${tell(operation)} ${what}`, operation);
    }
  }
  return undefined;
}

/** An event of what nobody wrote, had not begun to write, or was refused. */
function madeUp({ operation, events }: Watch, changes: readonly Operation[]): Finding | undefined {
  const begun = changes.filter(({ invokedAt }) => invokedAt < operation.completedAt);
  const values = new Set(begun.map(({ f, asked }) => (f === 'put' ? (asked ?? null) : null)));
  const event = events.find(({ value }) => !values.has(value));
  if (event === undefined) return undefined;
  const { revision, value } = event;
  const shown = `${tell(operation)} shows ${showValue(value)} at revision ${revision}`;
  const words = `${shown}, which nobody had written by then`;
  return finding(words, operation);
}

/** What stands at which revision of the key, from everybody who said something of it. */
class KnownRevisions {
  readonly #known = new Map<number, { readonly value: Value; readonly by: Operation }>();

  learn(operation: Operation): Finding | undefined {
    const { f, status, asked, answered, facts } = operation;
    if (status !== 'ok') return undefined;
    if (f === 'get') {
      const { revision } = facts;
      if (revision === undefined || answered === undefined || answered === null) return undefined;
      return this.#add({ revision, value: answered }, operation);
    }
    const written = f === 'put' || (f === 'delete' && facts.outcome === 'deleted');
    const revision = facts.shardRevision ?? facts.revision;
    if (!written || revision === undefined || facts.outcome === 'precondition-failed') {
      return undefined;
    }
    return this.#add({ revision, value: f === 'put' ? (asked ?? null) : null }, operation);
  }

  learnWatch({ operation, events }: Watch): Finding | undefined {
    for (const event of events) {
      const found = this.#add(event, operation);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** In the order of the revisions. */
  sorted(): { readonly revision: number; readonly by: Operation }[] {
    return [...this.#known]
      .map(([revision, { by }]) => ({ revision, by }))
      .sort((a, b) => a.revision - b.revision);
  }

  /** One change at two revisions: it was made twice. */
  doubled(changes: readonly Operation[]): Finding | undefined {
    const left = new Map<Value, number>();
    for (const { f, asked } of changes) {
      if (f === 'put') left.set(asked ?? null, (left.get(asked ?? null) ?? 0) + 1);
    }
    for (const [revision, { value, by }] of this.#known) {
      if (value === null) continue;
      const more = (left.get(value) ?? 0) - 1;
      left.set(value, more);
      if (more >= 0) continue;
      const what = `${showValue(value)} stands at more revisions than it was put`;
      const words = `${what}, at last at ${revision}: ${tell(by)}`;
      return finding(words, by);
    }
    return undefined;
  }

  #add({ revision, value }: Change, by: Operation): Finding | undefined {
    const other = this.#known.get(revision);
    if (other === undefined) this.#known.set(revision, { value, by });
    if (other === undefined || other.value === value) return undefined;
    const one = `${showValue(other.value)} by ${tell(other.by)}`;
    const two = `${showValue(value)} by ${tell(by)}`;
    const words = `at revision ${revision} stands ${one}, and ${two}`;
    return finding(words, other.by, by);
  }
}

function incomplete(watches: readonly Watch[], known: KnownRevisions): Finding | undefined {
  const sorted = known.sorted();
  for (const { operation, from, events } of watches) {
    const shown = new Set(events.map(({ revision }) => revision));
    const last = events.at(-1)?.revision ?? from;
    const lost = sorted.find(
      ({ revision }) => revision > from && revision < last && !shown.has(revision),
    );
    if (lost === undefined) continue;
    const gap = `goes on to revision ${last} without ${lost.revision}`;
    const words = `${tell(operation)} ${gap}, which ${tell(lost.by)} knows`;
    return finding(words, operation, lost.by);
  }
  return undefined;
}
