import t from 'tap';
import { clusterScore, nodeScores } from '../../../src/kv/balance/score.js';
import { freshView, mebibyte, nodesOf, sized, voters, withNode, withShard } from './views.js';

const view = freshView({ nodes: nodesOf(5), shards: 20 });

t.test('a node: what it holds, and how its load is made up', async (t) => {
  const measured = {
    ...view,
    shards: view.shards.map((shard) => ({ ...shard, ...sized(100 * mebibyte, 60) })),
  };
  for (const node of nodeScores(measured)) {
    const held = measured.shards.filter(({ members }) =>
      members.some((member) => member.node === node.node),
    );
    t.equal(node.replicas, held.length);
    t.equal(node.bytes, held.length * 100 * mebibyte);
    t.equal(node.readsPerSecond + node.writesPerSecond, held.length * 60);
    const led = measured.shards.filter(({ preferredLeader }) => preferredLeader === node.node);
    t.equal(node.leaders, led.length);
    const { presence, bytes, requests } = node.parts;
    t.ok(Math.abs(presence + bytes + requests - node.load) < 1e-9);
    t.ok(Math.abs(node.load - held.length) < 1e-9, 'in mean shards');
    t.ok(Math.abs(node.score - node.load / 12) < 1e-9);
  }
});

t.test('a cluster: from the idlest to the busiest, and what is not as it should be', async (t) => {
  const good = clusterScore(view);
  t.ok(good.busiest <= 14 / 12 && good.busiest >= 1 && good.idlest <= 1);
  t.match(good, { missingReplicas: 0, misplacedReplicas: 0, zoneConflicts: 0 });
  let bad = withShard(view, 1, { members: voters(1, 2), preferredLeader: 1 });
  bad = withShard(bad, 2, { members: voters(1, 2, 3), preferredLeader: 1 });
  bad = withNode(bad, 2, { zone: 'z1' });
  t.match(clusterScore(bad), { missingReplicas: 1 });
  t.ok(clusterScore(bad).zoneConflicts >= 2);
  const draining = clusterScore(withNode(view, 3, { draining: true }));
  const onThree = view.shards.filter(({ members }) => members.some(({ node }) => node === 3));
  t.equal(draining.misplacedReplicas, onThree.length);
});

t.test('a node that should hold nothing has no score', async (t) => {
  const scores = nodeScores(withNode(view, 3, { draining: true }));
  t.match(scores[2], { node: 3, share: 0, bound: 0, score: 0 });
});

t.test('without a node that counts there is nothing to compare', async (t) => {
  let none = view;
  for (const { id } of view.nodes) none = withNode(none, id, { draining: true });
  t.match(clusterScore(none), { busiest: 1, idlest: 1, busiestLeader: 1 });
});
