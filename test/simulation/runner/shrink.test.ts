import t from 'tap';
import { drawPlan } from '../draw-plan.js';
import type { RunPlan } from '../run-plan.js';
import { shrink } from './shrink.js';

function planWithManyFaults(): RunPlan {
  for (let seed = 1; ; seed += 1) {
    const plan = drawPlan(seed);
    if (plan.faults.length > 20 && plan.clients.length > 3) return plan;
  }
}

t.test('what does not matter goes, what matters stays', async (t) => {
  const plan = planWithManyFaults();
  const [needed, alsoNeeded] = [plan.faults[7], plan.faults[15]];
  const client = plan.clients[2]?.id;
  const fails = (candidate: RunPlan) => {
    const { faults, clients, durationMs } = candidate;
    const both = [needed, alsoNeeded].every((fault) => fault && faults.includes(fault));
    const enough = (clients.find(({ id }) => id === client)?.operationsMax ?? 0) >= 13;
    const atMs = Math.max(needed?.atMs ?? 0, alsoNeeded?.atMs ?? 0) + 100;
    const broken = both && enough && durationMs >= atMs;
    return Promise.resolve({
      violation: broken ? { invariant: 'R5', what: 'planted', atMs } : undefined,
    });
  };
  const { plan: smaller } = await shrink(plan, fails);
  t.same(smaller.faults, [needed, alsoNeeded]);
  t.same(
    smaller.clients.map(({ id, operationsMax }) => [id, operationsMax]),
    [[client, 13]],
  );
  t.ok(smaller.durationMs < plan.durationMs);
});

t.test('a smaller plan that breaks something else is no smaller one', async (t) => {
  const plan = planWithManyFaults();
  const fails = ({ faults }: RunPlan) => {
    const invariant = faults.length === plan.faults.length ? 'R5' : 'R19';
    return Promise.resolve({ violation: { invariant, what: 'planted', atMs: 1e9 } });
  };
  const { plan: smaller } = await shrink(plan, fails);
  t.same(smaller.faults, plan.faults);
});
