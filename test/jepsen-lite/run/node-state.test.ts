/** The line about all nodes, as it is read once a second. */
import t from 'tap';
import { type ReplicaState, replicaWords, rolesLine } from '../../../jepsen-lite/run/node-state.js';

const replica = (shard: number, role: string, more: Partial<ReplicaState> = {}): ReplicaState => ({
  ...{ shard, role, term: 7, commit: 10_412, range: 1, members: 2 },
  ...more,
});

t.test('who leads what, who follows, who is away', async (t) => {
  const line = rolesLine([
    { node: 'n1', answers: true, replicas: [replica(1, 'follower'), replica(2, 'learner')] },
    { node: 'n2', answers: false, replicas: [] },
    {
      node: 'n3',
      answers: true,
      replicas: [replica(1, 'leader'), replica(2, 'leader', { term: 8 }), replica(3, 'candidate')],
    },
    { node: 'n4', answers: true, replicas: [] },
  ]);
  const third = 'n3 LEADER s1 t7 c10412, s2 t8 c10412 CANDIDATE s3 t7 c10412';
  t.equal(line, `n1 follower  n2 away  ${third}  n4 without replicas`);
});

t.test('many shards are counted', async (t) => {
  const replicas = [1, 2, 3, 4, 5, 6].map((shard) => replica(shard, 'leader'));
  t.match(rolesLine([{ node: 'n1', answers: true, replicas }]), /s4 t7 c10412, 2 more$/);
});

t.test('one replica in words', async (t) => {
  const words = replicaWords(replica(2, 'follower'));
  t.equal(words, 'follower of s2, term 7, commit 10412, epoch 1.2');
});
