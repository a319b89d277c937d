/**
 * From a proposal to its application: sections 5.3 and 5.4 of the Raft paper, and the limits.
 */
import t from 'tap';
import { NOBODY } from '../../../src/raft/core/types.js';
import { across, from, ofType, SimulatedCluster, to } from './simulated-cluster.js';

const texts = (cluster: SimulatedCluster, id: number) =>
  cluster.replica(id).disk.entries.map(({ data }) => Buffer.from(data).toString());

t.test('5.3: committed by a majority, applied in order by everybody', async (t) => {
  const cluster = new SimulatedCluster({ voters: 5 });
  cluster.elect(1);
  cluster.lost = to(4, 5);
  cluster.propose(1, 'x', 'y');
  cluster.propose(1, 'z');
  cluster.settle();
  for (const id of [1, 2, 3]) {
    t.match(cluster.status(id), { commit: 4, applied: 4 });
    t.same(texts(cluster, id), ['', 'x', 'y', 'z']);
  }
  t.equal(cluster.status(4).commit, 1);
});

t.test('5.3: the minority side of a partition commits nothing', async (t) => {
  const cluster = new SimulatedCluster({ voters: 5 });
  cluster.elect(1);
  cluster.lost = across(1, 2);
  cluster.propose(1, 'x');
  cluster.settle();
  t.match(cluster.status(1), { lastIndex: 2, commit: 1 });
});

t.test(
  '2.4, figure 3: a new leader commits what the old one left, with its own entry',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.propose(1, 'x');
    cluster.deliver(ofType('append'));
    cluster.durable(2);
    cluster.crash(1);
    cluster.drop();
    cluster.lost = to(1);
    cluster.tick(3, 12);
    cluster.drop();
    cluster.elect(2);
    t.match(cluster.status(2), { term: 2, commit: 3, applied: 3 });
    t.same(texts(cluster, 3), ['', 'x', '']);
  },
);

t.test('only a leader takes proposals; others say so at once', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.propose(1, 'x');
  cluster.elect(1);
  cluster.propose(2, 'y');
  t.match(cluster.dropped, [{ reason: 'not-leader' }, { reason: 'not-leader' }]);
  t.equal(cluster.status(1).lastIndex, 1);
});

t.test(
  'C9: more than the limit of uncommitted bytes is refused, and gets room again',
  async (t) => {
    const limits = { appendBytesMax: 4, inflightBytesMax: 4, uncommittedBytesMax: 4 };
    const cluster = new SimulatedCluster({ voters: 3, limits });
    cluster.elect(1);
    cluster.propose(1, 'abc', 'de', 'f');
    t.match(cluster.dropped, [{ reason: 'overloaded' }], 'the small one behind still fits');
    cluster.settle();
    cluster.propose(1, 'abcd');
    cluster.settle();
    t.equal(cluster.status(1).commit, 4);
    t.equal(cluster.dropped.length, 1);
  },
);

t.test('C8: a slow state machine holds apply and not commit', async (t) => {
  const limits = { appendBytesMax: 4, unappliedBytesMax: 4 };
  const cluster = new SimulatedCluster({ voters: 1, limits });
  cluster.elect(1);
  for (const text of ['abc', 'def', 'ghi']) cluster.propose(1, text);
  cluster.durable(1);
  t.match(cluster.status(1), { commit: 4, applied: 1 });
  const handed = () => cluster.replica(1).handed.map(({ index }) => index);
  t.same(handed(), [2]);
  cluster.drain(1);
  t.same(handed(), [2, 3], 'a byte of room is enough for one more, whatever its size');
  cluster.drain(1);
  t.same(handed(), [2, 3]);
  cluster.apply(1);
  t.same(handed(), [4]);
});

t.test('DESIGN: the fate of a proposal is told by term and index alone', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.tick(3, 12);
  cluster.drop(from(3));
  cluster.tick(2, 12);
  cluster.settle();
  cluster.lost = () => false;
  cluster.tick(2, 2);
  cluster.settle();
  t.equal(cluster.log(1), '1/1 2/2', 'another entry is committed where x stood');
  t.same(cluster.dropped, [], 'x had entered the log: it is not reported as dropped');
});

t.test('B22: what is compacted at the leader is nothing to its progress', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, limits: { windowBytesMax: 0 } });
  cluster.slowSnapshots.add(1);
  cluster.elect(1);
  cluster.lost = to(3);
  cluster.propose(1, 'x', 'y', 'z');
  cluster.settle();
  cluster.replica(1).compact(2);
  cluster.drain(1);
  cluster.lost = () => false;
  cluster.tick(1, 2);
  cluster.settle();
  t.equal(cluster.log(3), '1/1');
  t.match(cluster.status(1), { role: 'leader', commit: 4 });
});

t.test('a follower far behind is served from disk when memory has let go', async (t) => {
  const limits = { windowBytesMax: 0, appendBytesMax: 2, inflightMessagesMax: 3 };
  const cluster = new SimulatedCluster({ voters: 3, limits });
  cluster.elect(1);
  cluster.crash(3);
  for (let i = 0; i < 20; i += 1) {
    cluster.propose(1, `value-${i}`);
    cluster.settle();
  }
  cluster.restart(3);
  cluster.tick(1, 2);
  cluster.settle();
  t.match(cluster.status(3), { lastIndex: 21, applied: 21, leader: 1 });
  t.same(texts(cluster, 3), texts(cluster, 1));
});

t.test(
  'C11, B14: commit and durable only rise, in whatever order completions are told',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 1 });
    cluster.elect(1);
    cluster.slowDisks.add(1);
    cluster.propose(1, 'x');
    cluster.propose(1, 'y');
    cluster.durable(1);
    t.equal(cluster.status(1).commit, 3);
    cluster.step(1, { kind: 'appended', token: 1 });
    t.match(cluster.status(1), { commit: 3, durable: 3, leader: 1 });
    t.not(cluster.status(1).leader, NOBODY);
  },
);
