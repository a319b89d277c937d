import t from 'tap';
import { drawPlan } from '../draw-plan.js';
import { planTest } from './plan-test.js';

t.test('the plan stands in the test as it was', async (t) => {
  const plan = drawPlan(7);
  const text = planTest(plan, { invariant: 'R5', what: '', atMs: 1 });
  t.match(text, 'What is left of seed 7, which broke R5.');
  const [, literal] = /const plan: RunPlan = (\{.*?^\});/ms.exec(text) ?? [];
  // A plan in a file has been through JSON, too.
  t.same(new Function(`return ${literal}`)(), JSON.parse(JSON.stringify(plan)));
  for (const line of text.split('\n')) t.ok(line.length <= 100, line);
});
