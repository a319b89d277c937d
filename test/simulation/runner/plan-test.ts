/** A plan that fails as a test: it passes once the cause is mended. */
import { sourceText } from '../../../jepsen-lite/shrink/source-text.js';
import type { RunPlan } from '../run-plan.js';
import type { Violation } from '../world.js';

export function planTest(plan: RunPlan, violation: Violation | undefined): string {
  const broke = violation?.invariant ?? 'nothing';
  return `/** What is left of seed ${plan.seed}, which broke ${broke}. */
import t from 'tap';
import { runChecked } from './checked-run.js';
import type { RunPlan } from './run-plan.js';

const plan: RunPlan = ${sourceText(plan, 0, 'const plan: RunPlan = ;'.length)};

t.test('a part of seed ${plan.seed} breaks nothing any more', async (t) => {
  const { violation } = await runChecked(plan);
  t.equal(violation, undefined);
});
`;
}
