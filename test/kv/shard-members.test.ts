/** Members as operators see them. */
import t from 'tap';
import { membersIn } from '../../src/kv/shard-members.js';
import type { Leadership } from '../../src/raft/core/leadership.js';

const member = (node: number) => ({ node, replica: node + 10 });

t.test('by node, with what each one is', async (t) => {
  const members = membersIn({
    voters: [member(3), member(1), member(5)],
    outgoing: [member(1), member(3), member(2)],
    learners: [member(4)],
    learnersNext: [member(2)],
    autoLeave: true,
    nextReplica: 20,
  });
  t.same(
    members.map(({ node, replica, role }) => [node, replica, role]),
    [
      [1, 11, 'voter'],
      [2, 12, 'outgoing'],
      [3, 13, 'voter'],
      [4, 14, 'learner'],
      [5, 15, 'incoming'],
    ],
  );
});

t.test('the leader says how far the others are', async (t) => {
  const followers = new Map([[12, { state: 'replicate', match: 90, recentlyActive: true }]]);
  const leadership = { followers } as unknown as Leadership;
  const nobody = { outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const configuration = { ...nobody, voters: [member(1), member(2)], nextReplica: 13 };
  t.same(membersIn(configuration, { leadership, lastIndex: 100 }), [
    { ...member(1), role: 'voter' },
    {
      ...member(2),
      role: 'voter',
      progress: { state: 'replicate', match: 90, lag: 10, active: true },
    },
  ]);
});
