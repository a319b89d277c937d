/**
 * Sets to which elements are added: whatever was confirmed is in every later look, and nothing is
 * that nobody added. An element that is added more than once is there from the first time on.
 */
import type { Value } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { showValue, tell } from '../history/tell.js';
import { judgeGrowth, type Look, type Step } from './growth.js';
import { type Finding, finding, type KeyRule, malformed, SenselessAnswer } from './judge-by-key.js';

export const setRule: KeyRule = {
  claim: 'each set grows, and loses nothing that was added',
  fs: ['add', 'members'],
  judge(operations) {
    const steps: Step[] = [];
    const looks: Look[] = [];
    for (const operation of operations) {
      const { f, status, asked } = operation;
      if (status === 'fail') continue;
      if (f === 'add') {
        if (asked === undefined) throw malformed(operation, asked, 'an element');
        steps.push({ name: nameOf(asked), height: 1, operation });
      } else if (status === 'ok') {
        const members = membersOf(operation);
        const heights = new Map(members.map((element) => [nameOf(element), 1]));
        if (heights.size < members.length) return twice(operation, members);
        looks.push({ operation, heights });
      }
    }
    return (
      refusedButThere(operations, looks, steps) ??
      judgeGrowth({ steps, looks, nameOf: ({ name }) => showValue(JSON.parse(name) as Value) })
    );
  },
};

function nameOf(element: Value): string {
  return JSON.stringify(element);
}

function membersOf(operation: Operation): readonly Value[] {
  const { answered } = operation;
  if (answered === null) return [];
  if (!Array.isArray(answered)) throw new SenselessAnswer(operation, 'a list of elements');
  return answered;
}

function twice(look: Operation, members: readonly Value[]): Finding {
  const again = members.find(
    (element, at) => members.findIndex((other) => nameOf(other) === nameOf(element)) < at,
  );
  return finding(`${tell(look)} has ${showValue(again)} twice`, look);
}

/** Said apart, for it says more than that nobody added it. */
function refusedButThere(
  operations: readonly Operation[],
  looks: readonly Look[],
  steps: readonly Step[],
): Finding | undefined {
  const added = new Set(steps.map(({ name }) => name));
  const refused = operations.filter(
    ({ f, status, asked }) =>
      f === 'add' && status === 'fail' && asked !== undefined && !added.has(nameOf(asked)),
  );
  for (const add of refused) {
    const name = nameOf(add.asked ?? null);
    const look = looks.find(({ heights }) => heights.has(name))?.operation;
    if (look !== undefined) {
      const shown = `${tell(look)} has ${showValue(add.asked)}`;
      const words = `${shown}, although it was refused: ${tell(add)}`;
      return finding(words, look, add);
    }
  }
  return undefined;
}
