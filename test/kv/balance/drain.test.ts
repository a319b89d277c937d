import t from 'tap';
import { type ClusterView, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { planDrain } from '../../../src/kv/balance/drain.js';
import { makePlan, makeStandingPlan } from '../../../src/kv/balance/make-plan.js';
import {
  execute,
  freshView,
  nodesOf,
  planned,
  refused,
  shardOf,
  voters,
  withNode,
  withShard,
} from './views.js';

const drain = { kind: 'drain', node: 2 } as const;
const view = freshView({ nodes: nodesOf(5), shards: 30 });

t.test('everything leaves the node, nothing else moves, and it stays empty', async (t) => {
  const plan = planned(view, drain);
  t.same(plan.intents, [{ kind: 'draining', node: 2 }]);
  const held = view.shards.filter((shard) => votersOf(shard).includes(2));
  const moves = plan.steps.filter((step) => step.kind === 'move');
  t.equal(moves.length, held.length);
  const after = execute(view, plan);
  t.notOk(after.shards.some((shard) => shard.members.some(({ node }) => node === 2)));
  t.ok(plan.score.after.busiest < 1.25);
  t.equal(makeStandingPlan(after).kind, 'nothing', 'the balancer does not fill it again');
  t.equal(makePlan(after, drain).kind, 'nothing');
});

t.test('leadership goes before each replica that the node should lead', async (t) => {
  const plan = planned(view, drain);
  for (const { group } of view.shards.filter(({ preferredLeader }) => preferredLeader === 2)) {
    const kinds = plan.steps.flatMap((step) =>
      'shard' in step && step.shard === group ? [step.kind] : [],
    );
    t.same(kinds, ['transfer-leader', 'move']);
  }
});

t.test('an empty node is only marked', async (t) => {
  const six = { ...view, nodes: nodesOf(6) };
  t.match(planned(six, { kind: 'drain', node: 6 }), { steps: [], intents: [{ node: 6 }] });
});

t.test('a dead node can be drained without waiting', async (t) => {
  const dead = withNode(view, 2, { state: 'dead', stateSinceMs: view.nowMs });
  const after = execute(dead, planned(dead, drain));
  t.notOk(after.shards.some((shard) => shard.members.some(({ node }) => node === 2)));
});

t.test('a drain that would lose redundancy is refused', async (t) => {
  const three = freshView({ nodes: nodesOf(3), shards: 6 });
  t.match(refused(three, drain), {
    code: 'too_few_nodes',
    reason: 'Every shard has 3 replicas, and 2 node(s) would be left for them.',
    next: /Add a node first/,
  });
  const four = withNode(freshView({ nodes: nodesOf(4), shards: 6 }), 1, { state: 'suspect' });
  t.match(refused(four, drain), { code: 'too_few_nodes', reason: /no other node can take it/ });
  const one = freshView({ nodes: nodesOf(1), shards: 2, replicas: 1 });
  t.match(refused(one, { kind: 'drain', node: 1 }), { code: 'too_few_nodes' });
});

t.test('pins, jobs and lost majorities stand against it, each named', async (t) => {
  const members = { members: voters(1, 2, 3), preferredLeader: 1 };
  const held = withShard(view, 1, members);
  const pins = [{ id: 'p9', shard: 1, node: 2, kind: 'replica' as const }];
  t.match(refused({ ...held, pins }, drain), { code: 'pinned', reason: /pin p9 of shard 1/ });
  t.match(refused({ ...held, busy: new Map([[1, 'j1']]) }, drain), { code: 'shard_busy' });
  const lost = withNode(withNode(held, 1, { state: 'dead' }), 3, { state: 'dead' });
  t.match(refused(lost, drain), { code: 'quorum_at_risk' });
  t.match(refused(view, { kind: 'drain', node: 77 }), { code: 'unknown_node' });
});

t.test('many obstacles are counted', async (t) => {
  const pins = view.shards
    .filter((shard) => votersOf(shard).includes(2))
    .map(({ group }) => ({ id: `p${group}`, shard: group, node: 2, kind: 'replica' as const }));
  const pinned: ClusterView = { ...view, pins };
  const draft = new Draft(pinned, [{ kind: 'draining', node: 2 }]);
  const refusal = planDrain(draft, pinned, drain);
  t.match(refusal?.reason, new RegExp(`and ${pins.length - 5} more\\.$`));
  t.same(shardOf(draft.after(), 1), shardOf(pinned, 1), 'and nothing is changed');
});
