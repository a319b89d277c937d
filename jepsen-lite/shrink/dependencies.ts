/**
 * What an operation needs beside it to make sense: whoever keeps a read must keep the write of what
 * it saw, or the smaller history is wrong in a way of its own. When in doubt it needs everything on
 * its key.
 */
import type { Value } from '../history/event.js';
import type { Operation } from '../history/operation.js';

/** Reads change nothing, so that nothing needs them. */
const reads = new Set(['read', 'get', 'members', 'total', 'balances', 'parts', 'watch']);
/** What they say comes from every write before: sums, texts grown by `append`, single steps. */
const sums = new Set(['total', 'balances', 'parts', 'part-cas', 'watch', 'append']);

export function dependencies(operations: readonly Operation[]): ReadonlyMap<number, Set<number>> {
  const writes = new Map<string, Operation[]>();
  const all = new Map<string | undefined, Operation[]>();
  for (const operation of operations) {
    if (reads.has(operation.f)) continue;
    push(all, operation.key, operation);
    for (const value of written(operation)) push(writes, value, operation);
  }
  return new Map(
    operations.map((operation) => {
      const needed = new Set<number>();
      const need = (others: readonly Operation[] | undefined) => {
        for (const { number } of others ?? []) if (number !== operation.number) needed.add(number);
      };
      for (const value of seen(operation)) need(writes.get(value));
      if (needsAll(operation)) need(all.get(operation.key));
      return [operation.number, needed];
    }),
  );
}

/** The kept ones and all that they need. */
export function closed(
  kept: Iterable<number>,
  needs: ReadonlyMap<number, ReadonlySet<number>>,
): Set<number> {
  const closure = new Set<number>();
  const waiting = [...kept];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (closure.has(next)) continue;
    closure.add(next);
    waiting.push(...(needs.get(next) ?? []));
  }
  return closure;
}

function needsAll({ f, status, answered, facts, condition }: Operation): boolean {
  if (sums.has(f)) return true;
  // Nothing, because something was deleted.
  if ((f === 'get' || f === 'read') && status === 'ok' && (answered ?? null) === null) return true;
  const conditional = condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined;
  return f !== 'get' && (conditional || facts.outcome !== undefined);
}

/** What it may have written, each value with its key. */
function written({ f, key, asked }: Operation): string[] {
  if (f === 'cas' && Array.isArray(asked)) return [at(key, (asked as readonly Value[])[1])];
  if (f === 'txn') {
    return microOperations(asked).flatMap(([kind, on, value]) =>
      kind === 'r' ? [] : [at(String(on), value)],
    );
  }
  return [at(key, asked)];
}

/** What it saw, or says that it saw. */
function seen({ f, key, asked, answered, status }: Operation): string[] {
  if (f === 'cas' && Array.isArray(asked)) return [at(key, (asked as readonly Value[])[0])];
  if (status !== 'ok') return [];
  if (f === 'txn') {
    return microOperations(answered).flatMap(([kind, on, value]) =>
      kind === 'r' ? elements(value).map((element) => at(String(on), element)) : [],
    );
  }
  return reads.has(f) ? elements(answered).map((element) => at(key, element)) : [];
}

function elements(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

function microOperations(value: Value | undefined): readonly (readonly Value[])[] {
  return elements(value).filter((micro) => Array.isArray(micro)) as readonly (readonly Value[])[];
}

function at(key: string | undefined, value: Value | undefined): string {
  return `${key ?? ''} ${JSON.stringify(value)}`;
}

function push<Key>(map: Map<Key, Operation[]>, key: Key, operation: Operation): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [operation]);
  else known.push(operation);
}
