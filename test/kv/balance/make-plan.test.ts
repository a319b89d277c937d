import fc from 'fast-check';
import t from 'tap';
import { makePlan, makeStandingPlan } from '../../../src/kv/balance/make-plan.js';
import type { Goal } from '../../../src/kv/balance/plan.js';
import { planDefect } from './plan-safety.js';
import { disorderlyView, execute, freshView, nodesOf, planned } from './views.js';

const seed = Date.now();
t.comment(`seed ${seed}`);
/** Bounds the search for a smaller example; whatever was found by then fails the test. */
const interruptAfterTimeLimit = 60_000;

const group = fc.integer({ min: 1, max: 15 });
const node = fc.nat(8).map((index) => 3 * index + 1);
const anyGoal: fc.Arbitrary<Goal> = fc.oneof(
  fc.constantFrom<Goal>(
    { kind: 'balance' },
    { kind: 'zone-spread' },
    { kind: 'repair' },
    { kind: 'sizes' },
    { kind: 'replication', replicas: 1 },
    { kind: 'replication', replicas: 3 },
    { kind: 'replication', replicas: 5 },
  ),
  node.map((id): Goal => ({ kind: 'drain', node: id })),
  fc.record({ kind: fc.constant('balance' as const), nodes: fc.array(node, { maxLength: 2 }) }),
  fc.record({
    kind: fc.constant('split' as const),
    shard: group,
    at: fc.option(fc.nat(2 ** 32), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('merge' as const), left: group, right: group }),
  group.map((left): Goal => ({ kind: 'merge', left, right: left + 1 })),
  fc.record({ kind: fc.constant('read-replicas' as const), shard: group, count: fc.nat(4) }),
  fc.record({ kind: fc.constant('move' as const), shard: group, from: node, to: node }),
  fc.record({
    kind: fc.constant('add-replica' as const),
    shard: group,
    node,
    role: fc.constantFrom('voter' as const, 'learner' as const),
  }),
  fc.record({ kind: fc.constant('remove-replica' as const), shard: group, node }),
  fc.record({ kind: fc.constant('transfer-leader' as const), shard: group, to: node }),
);

t.test('every plan is safe at every step, whatever the cluster is like', async () => {
  fc.assert(
    fc.property(disorderlyView, anyGoal, (view, goal) => {
      const outcome = makePlan(view, goal);
      if (outcome.kind === 'refused') {
        const { reason, next } = outcome.refusal;
        if (!reason.endsWith('.') || !next.endsWith('.')) throw new Error(`${reason} ${next}`);
      }
      if (outcome.kind !== 'plan') return;
      const defect = planDefect(view, outcome.plan);
      if (defect !== undefined) throw new Error(defect);
    }),
    { seed, numRuns: 1_500, interruptAfterTimeLimit },
  );
});

t.test('what the balancer does comes to rest', async () => {
  fc.assert(
    fc.property(disorderlyView, (start) => {
      let view = start;
      for (let round = 1; ; round += 1) {
        const outcome = makeStandingPlan(view);
        if (outcome.kind === 'nothing') return;
        const { plan } = outcome as Extract<typeof outcome, { kind: 'plan' }>;
        if (round > 25) throw new Error(JSON.stringify(plan));
        const defect = planDefect(view, plan);
        if (defect !== undefined) throw new Error(defect);
        view = execute(view, plan);
      }
    }),
    { seed, numRuns: 150, interruptAfterTimeLimit },
  );
});

t.test('a view gives one plan, and is not changed by it', async () => {
  fc.assert(
    fc.property(disorderlyView, anyGoal, (view, goal) => {
      const before = JSON.stringify(view);
      const [a, b] = [makePlan(view, goal), makePlan(view, goal)];
      return JSON.stringify(a) === JSON.stringify(b) && JSON.stringify(view) === before;
    }),
    { seed, numRuns: 100, interruptAfterTimeLimit },
  );
});

t.test('a new cluster needs nothing', async (t) => {
  for (const [nodes, shards] of [
    [1, 4],
    [2, 12],
    [3, 12],
    [5, 12],
    [6, 60],
    [20, 100],
  ] as const) {
    const outcome = makeStandingPlan(freshView({ nodes: nodesOf(nodes), shards }));
    t.equal(outcome.kind, 'nothing', `${nodes} nodes, ${shards} shards`);
  }
});

t.test('a plan says what it was made for and from', async (t) => {
  const view = freshView({ nodes: nodesOf(5), shards: 12 });
  const plan = planned(view, { kind: 'drain', node: 2 });
  t.match(plan, {
    goal: { kind: 'drain', node: 2 },
    baseEpoch: 7,
    createdAtMs: view.nowMs,
    expiresAtMs: view.nowMs + 600_000,
    intents: [{ kind: 'draining', node: 2 }],
    healthyVotersMin: 3,
  });
  t.ok(plan.estimatedSeconds > 0);
  t.equal(plan.score.after.misplacedReplicas, 0);
});
