/**
 * A checker that nobody can get wrong: every choice of the operations without an answer, in every
 * order, replayed on the texts themselves. For histories of a handful of operations. It shares
 * nothing with the checker that it judges but the format of histories.
 */
import type { Value } from '../../../jepsen-lite/history/event.js';
import type { Operation } from '../../../jepsen-lite/history/operation.js';

interface Standing {
  readonly text: Value;
  readonly revision: number | undefined;
  /** Of all that stood there so far, as far as they are known. */
  readonly highest: number;
}

const nothing: Standing = { text: null, revision: undefined, highest: 0 };

/** `operations` of one key. */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const waiting = operations.filter(
    ({ status, consistency }) => status !== 'fail' && consistency !== 'stale',
  );
  return place(nothing, waiting.map(withToldRevision(waiting)));
}

/** A text that was put once has one revision: the one that its readers tell. */
function withToldRevision(all: readonly Operation[]): (operation: Operation) => Operation {
  return (operation) => {
    const { f, asked, facts } = operation;
    const isKnown = facts.shardRevision !== undefined || facts.revision !== undefined;
    if (f !== 'put' || isKnown || all.some((other) => other.f === 'append')) return operation;
    const puts = all.filter(
      (other) =>
        other.f === 'put' && other.asked === asked && other.facts.outcome !== 'precondition-failed',
    );
    const reader = all.find(
      (other) => other.f === 'get' && other.answered === asked && other.facts.revision,
    );
    const revision = reader?.facts.revision;
    if (puts.length !== 1 || revision === undefined) return operation;
    return { ...operation, facts: { ...facts, revision } };
  };
}

function place(standing: Standing, left: readonly Operation[]): boolean {
  if (left.every(({ status }) => status === 'unknown')) return true;
  return left.some((operation) => {
    if (left.some((other) => other.completedAt < operation.invokedAt)) return false;
    const rest = left.filter((other) => other !== operation);
    return outcomes(standing, operation).some((next) => place(next, rest));
  });
}

/** Where the cell may stand after the operation; none: it cannot have been answered so. */
function outcomes(standing: Standing, operation: Operation): Standing[] {
  const { f, status, facts, asked, answered = null } = operation;
  const exists = standing.text !== null;
  const isTold = facts.revision === undefined || tells(standing, facts.revision);
  if (f === 'read' || f === 'get') {
    const same =
      JSON.stringify(standing.text) === JSON.stringify(answered) ||
      (f === 'get' && answered === '' && !exists);
    return status === 'unknown' || (same && isTold) ? [standing] : [];
  }
  const conditions = holds(standing, operation);
  if (facts.outcome === 'precondition-failed') {
    return conditions.includes(false) && isTold ? [standing] : [];
  }
  if (facts.outcome === 'absent') return exists ? [] : [standing];
  if (!conditions.includes(true)) return [];
  if (facts.outcome === 'created' && exists) return [];
  if ((facts.outcome === 'replaced' || facts.outcome === 'deleted') && !exists) return [];
  const revision = facts.shardRevision ?? facts.revision;
  if (revision !== undefined && revision <= standing.highest) return [];
  const text = changed(standing.text, f, asked);
  return [{ text, revision, highest: revision ?? standing.highest }];
}

function changed(text: Value, f: string, asked: Value = null): Value {
  if (f === 'delete') return null;
  if (f === 'append') return `${text ?? ''}${asked}`;
  return f === 'cas' ? ((asked as readonly Value[])[1] ?? null) : asked;
}

function tells({ text, revision }: Standing, told: number): boolean {
  if (text === null) return told === 0;
  return told !== 0 && (revision === undefined || revision === told);
}

/** Both, where a revision is compared that nobody knows. */
function holds({ text, revision }: Standing, { f, asked, condition }: Operation): boolean[] {
  if (f === 'cas') {
    const expected = (asked as readonly Value[])[0] ?? null;
    return [JSON.stringify(text) === JSON.stringify(expected)];
  }
  const { ifMatch, ifNoneMatch } = condition;
  const matches = (tag: number | '*'): boolean[] => {
    if (text === null) return [false];
    if (tag === '*') return [true];
    return revision === undefined ? [true, false] : [revision === tag];
  };
  const matched = ifMatch === undefined ? [true] : matches(ifMatch);
  const excluded = ifNoneMatch === undefined ? [false] : matches(ifNoneMatch);
  return matched.flatMap((is) => excluded.map((not) => is && !not));
}
