/**
 * Keys that many workers share, each counting up its own part by compare-and-set, a step at a
 * time: no confirmed step is ever lost, none is made twice, and all looks at a key agree on one
 * order of the steps of all parts. Made for keys that move between shards meanwhile.
 */
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import { judgeGrowth, type Look, type Step } from './growth.js';
import { type Finding, finding, type KeyRule, malformed, SenselessAnswer } from './judge-by-key.js';

export const shardCasRule: KeyRule = {
  claim: 'each part of a key is what its owner counted, whatever happens to the key',
  fs: ['part-cas', 'parts'],
  judge(operations) {
    const steps: Step[] = [];
    const looks: Look[] = [];
    for (const operation of operations) {
      if (operation.status === 'fail') continue;
      if (operation.f === 'part-cas') steps.push(stepOf(operation));
      else if (operation.status === 'ok') looks.push({ operation, heights: heightsOf(operation) });
    }
    const nameOf = ({ name, height }: Pick<Step, 'name' | 'height'>) => `${name} at ${height}`;
    return (
      madeTwice(steps, nameOf) ??
      withoutGround(steps, nameOf) ??
      judgeGrowth({ steps: possible(steps), looks, nameOf })
    );
  },
};

function stepOf(operation: Operation): Step {
  const { asked } = operation;
  if (typeof asked === 'object' && asked !== null && !Array.isArray(asked)) {
    const { part, from, to } = asked as Readonly<Record<string, unknown>>;
    if (typeof part === 'string' && typeof from === 'number' && from >= 0 && to === from + 1) {
      return { name: part, height: to, operation };
    }
  }
  throw malformed(operation, asked, '{ part, from, to } with "to" one more than "from"');
}

function heightsOf(operation: Operation): ReadonlyMap<string, number> {
  const { answered } = operation;
  if (answered === null) return new Map();
  if (typeof answered !== 'object' || Array.isArray(answered)) {
    throw new SenselessAnswer(operation, 'an object of parts');
  }
  return new Map(
    Object.entries(answered).map(([part, count]) => {
      if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return [part, count];
      throw new SenselessAnswer(operation, 'an object of counts');
    }),
  );
}

function madeTwice(steps: readonly Step[], nameOf: (step: Step) => string): Finding | undefined {
  const made = new Map<string, Step>();
  for (const step of steps) {
    if (step.operation.status !== 'ok') continue;
    const other = made.get(nameOf(step));
    if (other === undefined) {
      made.set(nameOf(step), step);
      continue;
    }
    const both = [other, step].map(({ operation }) => tell(operation)).join(' and ');
    const words = `the step to ${nameOf(step)} was confirmed twice: ${both}`;
    return finding(words, other.operation, step.operation);
  }
  return undefined;
}

/** A confirmed step from where nobody had gone. */
function withoutGround(
  steps: readonly Step[],
  nameOf: (step: Pick<Step, 'name' | 'height'>) => string,
): Finding | undefined {
  const names = new Set(steps.map(nameOf));
  for (const { name, height, operation } of steps) {
    const below = { name, height: height - 1 };
    if (operation.status === 'ok' && height > 1 && !names.has(nameOf(below))) {
      return finding(`${tell(operation)} found ${nameOf(below)}, where nobody put it`, operation);
    }
  }
  return undefined;
}

/** One that is confirmed was not made by another of the same step that nobody knows of. */
function possible(steps: readonly Step[]): readonly Step[] {
  const name = (step: Step) => JSON.stringify([step.name, step.height]);
  const confirmed = new Set(steps.filter(({ operation }) => operation.status === 'ok').map(name));
  return steps.filter((step) => step.operation.status === 'ok' || !confirmed.has(name(step)));
}
