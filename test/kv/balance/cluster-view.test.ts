import t from 'tap';
import { learnersOf, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { freshView, nodesOf, shardOf, voters, withShard } from './views.js';

t.test('members by role', async (t) => {
  const members = [...voters(1, 3), { node: 4, replica: 9, role: 'learner' as const }];
  const view = withShard(freshView({ nodes: nodesOf(4), shards: 2 }), 1, { members });
  t.same(votersOf(shardOf(view, 1)), [1, 3]);
  t.same(learnersOf(shardOf(view, 1)), [4]);
});
