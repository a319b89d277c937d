/**
 * What can be said of operations without an answer before anything is searched. A search must try
 * each of them at every place; most need no place at all, or have an end after all.
 *
 *   seen    the only write of a text that somebody found took effect, and was over when the first
 *           of those who found it had their answer
 *   unseen  what nobody can have noticed may as well not have happened, and is left out
 */
import { type Action, namedText, observedText, writtenText } from './action.js';
import { countWriters } from './revisions.js';

/** Takes and gives the actions of one key, without refused ones. */
export function resolveUnknown(actions: readonly Action[]): readonly Action[] {
  const asked = actions.filter(({ certain, kind }) => certain || kind !== 'read');
  if (asked.every(({ certain }) => certain)) return asked;
  return withoutUnseen(withEnds(asked));
}

function withEnds(actions: readonly Action[]): readonly Action[] {
  // Where texts grow a text found does not name one write.
  if (actions.some(({ kind }) => kind === 'append')) return actions;
  const writers = countWriters(actions);
  const lost = new Map<string, number>();
  for (const [at, action] of actions.entries()) {
    const text = writtenText(action);
    if (action.certain || typeof text !== 'string' || writers.get(text) !== 1) continue;
    lost.set(text, at);
  }
  const ends = new Map<number, number>();
  // One that was seen has itself seen what it compared with.
  const pending: { text: string; end: number }[] = [];
  for (const action of actions) {
    const text = namedText(action);
    if (action.certain && typeof text === 'string') pending.push({ text, end: action.end });
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { text, end } = next;
    const at = lost.get(text);
    const action = at === undefined ? undefined : actions[at];
    if (at === undefined || action === undefined || end >= (ends.get(at) ?? action.end)) continue;
    ends.set(at, end);
    const compared = observedText(action);
    if (typeof compared === 'string') pending.push({ text: compared, end });
  }
  return actions.map((action, at) => {
    const end = ends.get(at);
    return end === undefined ? action : { ...action, end, certain: true };
  });
}

function withoutUnseen(actions: readonly Action[]): readonly Action[] {
  const appends = actions.some(({ kind }) => kind === 'append');
  for (let left = actions; ; ) {
    const observed = lastObservations(left);
    const noticed = noticedUntil(left, observed);
    const kept = left.filter((action) => {
      // Whoever knows where it took effect helps to find an order; appends need a place to grow.
      if (action.certain || action.left !== 0 || appends) return true;
      const last = observed.get(writtenText(action) ?? null) ?? Number.NEGATIVE_INFINITY;
      return action.begin < Math.max(noticed, last);
    });
    if (kept.length === left.length) return kept;
    left = kept;
  }
}

/** Per text, until when somebody finds it, or may. */
function lastObservations(actions: readonly Action[]): Map<string | null, number> {
  const last = new Map<string | null, number>();
  for (const action of actions) {
    const text = observedText(action);
    if (text === undefined) continue;
    last.set(text, Math.max(last.get(text) ?? -1, action.end));
    if (text === '') last.set(null, Math.max(last.get(null) ?? -1, action.end));
  }
  return last;
}

/**
 * The end of the last answer that may be due to a change although it does not name its text: a
 * condition that failed or held, `replaced`. Beyond it, changes that are not found do not matter.
 */
function noticedUntil(
  actions: readonly Action[],
  observed: ReadonlyMap<string | null, number>,
): number {
  let until = Number.NEGATIVE_INFINITY;
  for (const action of actions) {
    const { kind, condition, outcome, end } = action;
    const conditional = condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined;
    const tells = kind !== 'read' && (conditional || outcome !== undefined);
    // What is unknown and not found need not happen, and then its condition need not hold.
    const matters = action.certain || observed.has(writtenText(action) ?? null);
    if (tells && matters) until = Math.max(until, end);
  }
  return until;
}
