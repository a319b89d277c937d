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

t.test('B18: a follower is not behind the tail while it holds the mark', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  // Replica 3 takes entries 2 and 3, but its acknowledgements are lost.
  cluster.lost = (message) => message.from === 3 && message.type === 'append-response';
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  t.equal(cluster.log(3), '1/1 2/1 3/1');
  cluster.replica(1).compact(3);
  cluster.drain(1);
  cluster.step(1, { kind: 'unreachable', replica: 3 });
  cluster.lost = () => false;
  cluster.propose(1, 'z');
  cluster.tick(1, 2);
  cluster.settle();
  t.equal(cluster.log(3), '1/1 2/1 3/1 4/1');
  t.equal(cluster.status(3).applied, 4);
});

t.test('B8: nothing is appended behind a gap where the log is compacted away', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.slowSnapshots.add(1);
  cluster.elect(1);
  cluster.crash(3);
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  cluster.replica(1).compact(3);
  cluster.drain(1);
  cluster.restart(3);
  cluster.tick(1, 2);
  cluster.settle();
  t.equal(cluster.log(3), '1/1', 'nothing was appended behind the gap');
  cluster.tick(1, 20);
  cluster.settle();
  t.equal(cluster.log(3), '1/1', 'it stays so');
  // Replica 2 has not compacted: under its leadership replica 3 is whole again.
  cluster.transfer(1, 2);
  cluster.settle();
  t.equal(cluster.status(2).role, 'leader');
  t.equal(cluster.log(3), '1/1 2/1 3/1 4/2');
});
