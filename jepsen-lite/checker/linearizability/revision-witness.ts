/**
 * The cheap proof. Where every answer names the revision at which it was decided, these are an
 * order of all operations of a key. If replaying them in this order gives the answers that were
 * given, and nobody comes after something that began when it was over already, then the history is
 * linearizable, wherever the order came from. If not, nothing is proved: somebody must search.
 *
 * Changes whose answer was lost have no revision. One of them is put in where an answer needs it.
 */
import { type Action, isPure } from './action.js';
import { type Cell, impossible, initialState } from './cell.js';

export function isWitnessed(cell: Cell): boolean {
  const placed: { at: number; revision: number; changes: boolean; begin: number }[] = [];
  const lost = new Set<number>();
  for (const [at, action] of cell.actions.entries()) {
    const revision = decidedAt(action);
    if (revision === undefined && action.certain) return false;
    if (revision === undefined) lost.add(at);
    else placed.push({ at, revision, changes: !isPure(action), begin: action.begin });
  }
  placed.sort(
    (a, b) => a.revision - b.revision || Number(b.changes) - Number(a.changes) || a.begin - b.begin,
  );
  let state = initialState;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { at, begin } of placed) {
    const end = cell.actions[at]?.end ?? 0;
    let next = cell.step(state, at);
    if (next === impossible) {
      const helper = [...lost].find((each) => {
        const after = cell.step(state, each);
        return after !== impossible && cell.step(after, at) !== impossible;
      });
      if (helper === undefined) return false;
      lost.delete(helper);
      latest = Math.max(latest, cell.actions[helper]?.begin ?? 0);
      next = cell.step(cell.step(state, helper), at);
    }
    if (end < latest) return false;
    latest = Math.max(latest, begin);
    state = next;
  }
  return true;
}

function decidedAt(action: Action): number | undefined {
  if (!isPure(action)) return action.left === 0 ? undefined : action.left;
  return action.operation.facts.shardRevision ?? action.told;
}
