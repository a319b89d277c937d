/**
 * Whoever read a text with its revision tells which revision its write had, when only one write can
 * have been it. Writes whose answer was lost, or told no revision, get theirs so.
 */
import { type Action, isPure, writtenText } from './action.js';

export function withKnownRevisions(actions: readonly Action[]): readonly Action[] {
  const told = new Map<string, number>();
  for (const { kind, found, told: revision, certain } of actions) {
    if (!certain || kind !== 'read' || found === null || !revision) continue;
    if (!told.has(found)) told.set(found, revision);
  }
  if (told.size === 0 || actions.some(({ kind }) => kind === 'append')) return actions;
  const writers = countWriters(actions);
  return actions.map((action) => {
    const text = writtenText(action);
    if (typeof text !== 'string' || action.left !== 0 || writers.get(text) !== 1) return action;
    return { ...action, left: told.get(text) ?? 0 };
  });
}

/** How many writes may have left each text; refused ones never did. */
export function countWriters(actions: readonly Action[]): Map<string, number> {
  const writers = new Map<string, number>();
  for (const action of actions) {
    if (action.operation.status === 'fail' || isPure(action)) continue;
    const text = writtenText(action);
    if (typeof text === 'string') writers.set(text, (writers.get(text) ?? 0) + 1);
  }
  return writers;
}
