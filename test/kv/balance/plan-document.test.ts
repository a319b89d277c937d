import t from 'tap';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import {
  actionInWords,
  childrenOf,
  planDocumentSchema,
  planStepsMax,
} from '../../../src/kv/balance/plan-document.js';
import { planOf } from './jobs-world.js';

const actions: readonly (readonly [StepAction, string])[] = [
  [{ kind: 'move', shard: 1, from: 2, to: 3 }, 'move shard 1 from node 2 to node 3'],
  [
    { kind: 'add-replica', shard: 1, node: 2, role: 'learner' },
    'add a learner of shard 1 on node 2',
  ],
  [{ kind: 'remove-replica', shard: 1, node: 2 }, 'remove the replica of shard 1 from node 2'],
  [{ kind: 'transfer-leader', shard: 1, to: 2 }, 'give the leadership of shard 1 to node 2'],
  [{ kind: 'split', shard: 1, at: 7, child: 9 }, 'split shard 1 at hash 7 into itself and 9'],
  [{ kind: 'merge', left: 1, right: 2 }, 'merge shard 2 into shard 1'],
];

t.test('every kind of step is kept as it is, and said in words', async (t) => {
  const plan = planOf(actions.map(([action]) => action));
  t.same(planDocumentSchema.parse(JSON.parse(JSON.stringify(plan))), plan);
  for (const [action, words] of actions) t.equal(actionInWords(action), words);
  t.same(childrenOf(plan.steps.map(({ action }) => action)), [9]);
});

t.test('what is no plan is refused', async (t) => {
  const bad = planOf([{ kind: 'move', shard: 0, from: 1, to: 2 }]);
  t.notOk(planDocumentSchema.safeParse(bad).success);
  const [[move]] = actions as [[StepAction, string]];
  const long = planOf(Array.from({ length: planStepsMax + 1 }, () => move));
  t.notOk(planDocumentSchema.safeParse(long).success);
});
