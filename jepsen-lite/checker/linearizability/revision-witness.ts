/**
 * The cheap proof. Where every answer names the revision at which it was decided, these are an
 * order of all operations of a key. If replaying them in this order gives the answers that were
 * given, and nobody comes after something that began when it was over already, then the history is
 * linearizable, wherever the order came from. If not, nothing is proved: somebody must search.
 */
import { type Action, isPure } from './action.js';
import { type Cell, impossible, initialState } from './cell.js';

export function isWitnessed(cell: Cell): boolean {
  const placed: { at: number; revision: number; changes: boolean; begin: number }[] = [];
  for (const [at, action] of cell.actions.entries()) {
    const revision = decidedAt(action);
    // Without an answer and never seen: for the witness it did not happen.
    if (revision === undefined && !action.certain) continue;
    if (revision === undefined) return false;
    placed.push({ at, revision, changes: !isPure(action), begin: action.begin });
  }
  placed.sort(
    (a, b) => a.revision - b.revision || Number(b.changes) - Number(a.changes) || a.begin - b.begin,
  );
  let state = initialState;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { at, begin } of placed) {
    const action = cell.actions[at];
    if (action === undefined || action.end < latest) return false;
    latest = Math.max(latest, begin);
    state = cell.step(state, at);
    if (state === impossible) return false;
  }
  return true;
}

function decidedAt(action: Action): number | undefined {
  if (!isPure(action)) return action.left === 0 ? undefined : action.left;
  return action.operation.facts.shardRevision ?? action.told;
}
