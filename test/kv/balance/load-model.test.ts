import t from 'tap';
import { LoadModel } from '../../../src/kv/balance/load-model.js';
import { freshView, nodesOf, withNode, withShard } from './views.js';

const view = freshView({ nodes: nodesOf(5), shards: 12 });

t.test('shares by weight, bounds a tenth above', async (t) => {
  const model = new LoadModel(view);
  t.match(model, { replicasWanted: 3, replicasPossible: 3, zoneReplicasMax: 1 });
  const { share, bound, leaderShare } = model.room(1);
  t.ok(Math.abs(share - 7.2) < 1e-9);
  t.equal(bound, 8);
  t.ok(Math.abs(leaderShare - 2.4) < 1e-9);
  const heavy = new LoadModel(withNode(view, 1, { weight: 1.5 }));
  t.ok(Math.abs(heavy.room(1).share / heavy.room(2).share - 1.5) < 1e-9);
});

t.test('a node that should hold nothing has no room', async (t) => {
  const model = new LoadModel(withNode(view, 1, { draining: true }));
  t.notOk(model.counts(1));
  t.ok(model.counts(2));
  t.same(model.room(1), { share: 0, bound: 0, leaderShare: 0 });
  t.ok(Math.abs(model.room(2).share - 9) < 1e-9, 'the others share what it held');
});

t.test('learners are part of what is shared out', async (t) => {
  const shard = view.shards[0];
  const holders = shard?.members.map((member) => member.node) ?? [];
  const free = [1, 2, 3, 4, 5].find((node) => !holders.includes(node)) ?? 0;
  const members = [...(shard?.members ?? []), { node: free, replica: 9, role: 'learner' as const }];
  const model = new LoadModel(withShard(view, shard?.group ?? 0, { members }));
  t.ok(Math.abs(model.room(1).share - 37 / 5) < 1e-9);
});

t.test('without nodes nothing is possible', async (t) => {
  let dead = view;
  for (const { id } of view.nodes) dead = withNode(dead, id, { state: 'dead', stateSinceMs: 0 });
  t.match(new LoadModel(dead), { eligible: [], replicasWanted: 3, replicasPossible: 0 });
});
