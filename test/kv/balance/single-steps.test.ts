import t from 'tap';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import type { Goal } from '../../../src/kv/balance/plan.js';
import { planTransfer } from '../../../src/kv/balance/single-steps.js';
import { freshView, nodesOf, planned, refused, voters, withNode, withShard } from './views.js';

const view = withShard(freshView({ nodes: nodesOf(6), shards: 12 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
});
const move = { kind: 'move', shard: 1, from: 2, to: 5 } as const;
const add = { kind: 'add-replica', shard: 1, node: 5, role: 'voter' } as const;
const remove = { kind: 'remove-replica', shard: 1, node: 2 } as const;
const transfer = { kind: 'transfer-leader', shard: 1, to: 2 } as const;

function pinned(node: number, kind: 'replica' | 'no-replica' | 'leader'): ClusterView {
  return { ...view, pins: [{ id: 'p1', shard: 1, node, kind }] };
}

t.test('what is possible is planned as it was asked for', async (t) => {
  const kinds = (goal: Goal, from = view) => planned(from, goal).steps.map((step) => step.kind);
  t.same(kinds(move), ['move']);
  t.same(kinds({ ...move, from: 1 }), ['transfer-leader', 'move']);
  t.same(kinds(transfer), ['transfer-leader']);
  t.same(kinds(add), ['add-replica']);
  t.match(planned(view, add).warnings.join(' '), /4 voters, more than the cluster's 3/);
  const four = withShard(view, 1, { members: voters(1, 2, 3, 4) });
  t.same(kinds({ ...remove, node: 1 }, four), ['transfer-leader', 'remove-replica']);
});

t.test('learners change what is wanted, so that repair leaves them', async (t) => {
  const more = planned(view, { ...add, role: 'learner' });
  t.same(more.intents, [{ kind: 'read-replicas', shard: 1, count: 1 }]);
  const learner = { node: 5, replica: 4, role: 'learner' as const };
  const read = withShard(view, 1, { members: [...voters(1, 2, 3), learner], readReplicas: 1 });
  t.same(planned(read, { ...remove, node: 5 }).intents, [
    { kind: 'read-replicas', shard: 1, count: 0 },
  ]);
  const readers = planned(view, { kind: 'read-replicas', shard: 1, count: 3 });
  t.equal(readers.steps.length, 3);
  t.equal(makePlan(view, { kind: 'read-replicas', shard: 1, count: 0 }).kind, 'nothing');
  t.match(refused(view, { kind: 'read-replicas', shard: 1, count: 4 }), {
    code: 'invalid_count',
    next: 'Ask for 0 to 3; the shard has 0 now.',
  });
});

t.test('every refusal has its reason and the next thing to do', async (t) => {
  const cases: [ClusterView, Goal, string][] = [
    [view, { ...move, shard: 99 }, 'unknown_shard'],
    [view, { ...move, to: 99 }, 'unknown_node'],
    [view, { ...move, from: 4 }, 'not_a_member'],
    [view, { ...move, to: 3 }, 'already_there'],
    [pinned(2, 'replica'), move, 'pinned'],
    [pinned(5, 'no-replica'), move, 'pinned'],
    [{ ...view, busy: new Map([[1, 'j1']]) }, move, 'shard_busy'],
    [withNode(view, 5, { state: 'suspect' }), move, 'node_not_up'],
    [withNode(view, 5, { draining: true }), move, 'node_draining'],
    [withNode(view, 5, { zone: 'z1' }), move, 'zone_taken'],
    [view, { ...add, node: 1 }, 'already_there'],
    [view, { ...add, node: 99 }, 'unknown_node'],
    [view, remove, 'below_target'],
    [view, { ...remove, node: 4 }, 'not_a_member'],
    [withShard(view, 1, { members: voters(2) }), remove, 'last_voter'],
    [view, { ...transfer, to: 5 }, 'not_a_member'],
    [pinned(1, 'leader'), transfer, 'pinned'],
    [withNode(view, 2, { state: 'suspect' }), transfer, 'node_not_up'],
    [withNode(view, 2, { draining: true }), transfer, 'node_draining'],
  ];
  for (const [from, goal, code] of cases) {
    const refusal = refused(from, goal);
    t.equal(refusal.code, code, refusal.reason);
    t.match(refusal.next, /\.$/);
  }
});

t.test('no removal takes the majority that is up', async (t) => {
  let four = withShard(view, 1, { members: voters(1, 2, 3, 4) });
  four = withNode(four, 3, { state: 'suspect' });
  t.equal(makePlan(four, { ...remove, node: 3 }).kind, 'plan', 'the one that is away may go');
  let six = withShard(view, 1, { members: voters(1, 2, 3, 4, 5) });
  six = withNode(withNode(six, 4, { state: 'dead' }), 5, { state: 'dead' });
  t.match(refused(six, remove), { code: 'quorum_at_risk', next: /on a node that is away/ });
});

t.test('a refusal changes nothing', async (t) => {
  const draft = new Draft(view);
  t.match(planTransfer(draft, { ...transfer, to: 5 }), { code: 'not_a_member' });
  t.same(draft.steps, []);
});
