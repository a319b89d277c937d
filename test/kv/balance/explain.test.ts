import t from 'tap';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { explain, type Question } from '../../../src/kv/balance/explain.js';
import { freshView, minute, nodesOf, now, planned, voters, withNode, withShard } from './views.js';

const view = withShard(freshView({ nodes: nodesOf(6), shards: 20 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
});

function explained(from: ClusterView, question: Question) {
  const outcome = explain(from, question);
  if (outcome.kind === 'explained') return outcome.explanation;
  throw new Error(outcome.refusal.reason);
}

t.test('every node is named once, as a member or with a rank', async (t) => {
  const { members, nodes, canStay, rules, ring } = explained(view, { shard: 1 });
  t.same(
    members.map(({ node }) => node),
    [1, 2, 3],
  );
  t.same(nodes.map(({ node }) => node).sort(), [4, 5, 6]);
  t.same(
    nodes.map(({ rank }) => rank),
    [1, 2, 3],
  );
  t.equal(ring.length, 3);
  t.ok(canStay);
  t.ok(rules.every(({ decision }) => decision === 'yes'));
  const onRing = nodes.findIndex(({ node }) => ring.includes(node));
  t.ok(onRing <= 0, 'the ring is tried first');
});

t.test('a node alone', async (t) => {
  const { members, nodes } = explained(view, { shard: 1, node: 5 });
  t.same(members, []);
  t.match(nodes, [{ node: 5 }]);
  t.match(explained(view, { shard: 1, node: 2 }), { members: [{ node: 2 }], nodes: [] });
});

t.test('why not: the rule and because of what', async (t) => {
  const why = (from: ClusterView, node: number) =>
    explained(from, { shard: 1, node }).nodes[0]?.rules.filter(
      ({ decision }) => decision !== 'yes',
    );
  const pins = [{ id: 'p4', shard: 1, node: 5, kind: 'no-replica' as const }];
  t.match(why({ ...view, pins }, 5), [{ rule: 'pin', because: /Pin p4 keeps shard 1 off node 5/ }]);
  t.match(why(withNode(view, 5, { state: 'suspect' }), 5), [{ rule: 'state' }]);
  const busy = { ...view, busy: new Map([[1, 'j8']]) };
  const throttled = explained(busy, { shard: 1, node: 5 });
  t.notOk(throttled.canMove);
  t.match(throttled.nodes[0]?.rules[0], { rule: 'job', decision: 'throttle', because: /Job j8/ });
});

t.test('what should go, and what may not', async (t) => {
  const dead = withNode(view, 2, { state: 'dead', stateSinceMs: now - 60 * minute });
  const gone = explained(dead, { shard: 1 });
  t.notOk(gone.canStay);
  t.match(gone.members[1], { node: 2, canStay: false });
  const pins = [1, 2, 3].map((node) => ({
    id: `p${node}`,
    shard: 1,
    node,
    kind: 'replica' as const,
  }));
  const held = explained({ ...view, pins }, { shard: 1 });
  t.ok(held.members.every(({ canLeave }) => !canLeave));
  t.notOk(held.canMove);
});

t.test('plans do what explanations say', async (t) => {
  for (const { group, members } of view.shards.slice(1)) {
    const drained = members[0]?.node ?? 0;
    const plan = planned(view, { kind: 'drain', node: drained });
    const step = plan.steps.find((step) => step.kind === 'move' && step.shard === group);
    const to = step?.kind === 'move' ? step.to : 0;
    const marked = withNode(view, drained, { draining: true });
    const rules = explained(marked, { shard: group, node: to }).nodes[0]?.rules ?? [];
    const against = rules.filter(({ decision }) => decision === 'no').map(({ rule }) => rule);
    t.same(
      against.filter((rule) => rule !== 'load'),
      [],
      `shard ${group} to node ${to}`,
    );
  }
});

t.test('what there is not is refused', async (t) => {
  t.match(explain(view, { shard: 99 }), { kind: 'refused', refusal: { code: 'unknown_shard' } });
  t.match(explain(view, { shard: 1, node: 99 }), { refusal: { code: 'unknown_node' } });
});
