/**
 * Replication, section 5.3 of the Raft paper, and what implementations got wrong about it.
 */
import t from 'tap';
import { ofType, SimulatedCluster } from './simulated-cluster.js';

t.test('5.3: a lost append is sent again although nothing more is proposed', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.drop(ofType('append'));
  cluster.tick(1, 4);
  cluster.settle();
  for (const id of [1, 2, 3]) t.equal(cluster.status(id).lastIndex, 2, `replica ${id} has it`);
  t.equal(cluster.status(1).commit, 2);
});
