/**
 * Whether one could believe, from what clients were told, that each key is a single register in
 * which everything happens at one moment between call and answer.
 *
 * Keys are independent of each other, so each is judged alone: first by the revisions, which costs
 * next to nothing and nearly always settles it, and only when they do not by a search.
 */
import { type Operation, tell } from './history.js';
import { type SearchResult, search, situationsMax } from './linearization-search.js';
import { RegisterModel } from './register-model.js';
import { withoutWitness } from './revision-witness.js';
import { patched } from './unknown-writes.js';

/** `unknown` is not success. */
export interface Verdict {
  readonly verdict: 'valid' | 'invalid' | 'unknown';
  /** In words, unless valid. */
  readonly explanation: string;
  readonly keys: { readonly witnessed: number; readonly searched: number };
}

/** `operations` of all keys; stale gets only tell who wrote what. */
export function checkLinearizability(
  operations: readonly Operation[],
  limit = situationsMax,
): Verdict {
  const keys = { witnessed: 0, searched: 0 };
  let unknown: Verdict | undefined;
  for (const [key, ofKey] of byKey(operations)) {
    const model = new RegisterModel(ofKey);
    const impossible = impossibleValue(ofKey, model);
    if (impossible !== undefined) return { verdict: 'invalid', explanation: impossible, keys };
    const judged = patched(ofKey, model).filter(
      ({ kind, status }) => status !== 'fail' && kind !== 'stale-get' && !isLost(kind, status),
    );
    const broken = withoutWitness(judged, model);
    if (broken === undefined) {
      keys.witnessed += 1;
      continue;
    }
    keys.searched += 1;
    const found = search(judged, model, limit);
    const { verdict } = found;
    if (verdict === 'valid') continue;
    const explanation = `key ${key}: ${broken}${refutation(found)}`;
    if (verdict === 'invalid') return { verdict, explanation, keys };
    unknown ??= { verdict, explanation, keys };
  }
  return unknown ?? { verdict: 'valid', explanation: '', keys };
}

/** A read without an answer says nothing. */
function isLost(kind: Operation['kind'], status: Operation['status']): boolean {
  return kind === 'get' && status === 'unknown';
}

/** What was read must have been written by then, and not have been refused. */
function impossibleValue(
  operations: readonly Operation[],
  model: RegisterModel,
): string | undefined {
  for (const operation of operations) {
    const { value } = operation.told;
    if (value === undefined) continue;
    const put = model.putOf(value);
    if (put === undefined) return `${tell(operation)}, which nobody ever wrote`;
    if (put.invokedAt > operation.completedAt) return `${tell(operation)}, before ${tell(put)}`;
    if (put.status === 'fail') return `${tell(operation)}, although ${tell(put)}`;
    if (put.told.outcome === 'precondition-failed') {
      return `${tell(operation)}, although ${tell(put)}`;
    }
  }
  return undefined;
}

function refutation(found: SearchResult): string {
  if (found.verdict !== 'invalid') return '; the search for another order was given up';
  const { longest, stuck } = found;
  const last = longest.at(-1);
  const after = last === undefined ? 'at the very beginning' : `after ${tell(last)}`;
  const next = stuck.map((operation) => `\n    ${tell(operation)}`).join('');
  return (
    `\n  and no other order explains it: at best ${longest.length} operations find a place; ` +
    `${after} none of these can follow:${next}`
  );
}

function byKey(operations: readonly Operation[]): Map<string, Operation[]> {
  const keys = new Map<string, Operation[]>();
  for (const operation of operations) {
    const ofKey = keys.get(operation.key);
    if (ofKey === undefined) keys.set(operation.key, [operation]);
    else ofKey.push(operation);
  }
  return keys;
}
