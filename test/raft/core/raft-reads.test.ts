/**
 * Linearizable reads without log writes: ReadIndex, dissertation section 6.4.
 */
import t from 'tap';
import { SeededRandom } from './seeded-random.js';
import { ofType, SimulatedCluster } from './simulated-cluster.js';

t.test('F2: an answer to a question from before a restart confirms nothing', async (t) => {
  const random = new SeededRandom(2).next;
  const cluster = new SimulatedCluster({ voters: 3, random });
  cluster.elect(1);
  cluster.read(3);
  cluster.deliver(ofType('read-index'));
  cluster.deliver(ofType('heartbeat'));
  cluster.deliver(ofType('heartbeat-response'));
  const [late] = cluster.drop(ofType('read-index-response'));
  t.ok(late, 'the answer stays in the network');
  cluster.crash(3);
  cluster.propose(1, 'x');
  cluster.settle();
  t.equal(cluster.status(1).commit, 2);
  cluster.restart(3);
  cluster.tick(1, 2);
  cluster.deliver(ofType('heartbeat'));
  cluster.read(3);
  if (late !== undefined) cluster.inject(late);
  t.same(cluster.granted, [], 'the old answer named an index that is too low now');
  cluster.settle();
  t.match(cluster.granted, [{ replica: 3, index: 2 }]);
});
