/**
 * Linearizable reads without log writes: ReadIndex, dissertation section 6.4.
 */
import t from 'tap';
import { SeededRandom } from './seeded-random.js';
import { across, ofType, SimulatedCluster, to } from './simulated-cluster.js';

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

t.test('6.4: a read is granted when a majority has confirmed the leader', async (t) => {
  const cluster = new SimulatedCluster({ voters: 5 });
  cluster.elect(1);
  cluster.read(1);
  cluster.deliver(ofType('heartbeat'));
  const [first, second] = cluster.drop(ofType('heartbeat-response'));
  if (first === undefined || second === undefined) return t.fail('followers answer');
  cluster.inject(first);
  cluster.inject(first);
  t.same(cluster.granted, [], 'the same voter twice is one voter');
  cluster.inject(second);
  t.match(cluster.granted, [{ replica: 1, index: 1 }]);
});

t.test('6.4: all reads of a turn share one round', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.step(1, { kind: 'read', id: 501 }, { kind: 'read', id: 502 }, { kind: 'read', id: 503 });
  t.equal(cluster.inFlight.filter(ofType('heartbeat')).length, 2);
  cluster.settle();
  t.same(
    cluster.granted.map(({ id }) => id),
    [501, 502, 503],
  );
});

t.test('F1: a new leader grants nothing before it has committed in its term', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.held = (message) => message.type === 'append' && message.commit > 1;
  cluster.settle();
  t.equal(cluster.status(2).commit, 1, 'replica 2 does not know what is committed');
  cluster.transfer(1, 2);
  cluster.held = ofType('append');
  cluster.settle();
  t.equal(cluster.status(2).role, 'leader');
  cluster.tick(2, 2);
  cluster.settle();
  cluster.read(2);
  cluster.read(3);
  cluster.settle();
  t.same(cluster.granted, []);
  cluster.held = () => false;
  cluster.settle();
  t.match(cluster.granted, [
    { replica: 2, index: 3 },
    { replica: 3, index: 3 },
  ]);
});

t.test('F2: late answers to an old round do not confirm a new one', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.read(1);
  cluster.deliver(ofType('heartbeat'));
  const late = cluster.drop(ofType('heartbeat-response'));
  // Replica 2 leads a later term; 1 does not know, and is asked to read again.
  cluster.lost = to(1);
  cluster.tick(3, 12);
  cluster.drop();
  cluster.elect(2);
  cluster.propose(2, 'x');
  cluster.settle();
  const id = cluster.read(1);
  for (const answer of late) cluster.inject(answer);
  t.notOk(
    cluster.granted.some((read) => read.id === id),
    'the second read is not confirmed by answers to the first',
  );
});

t.test('section 8: a deposed leader serves no read', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.tick(3, 12);
  cluster.drop();
  cluster.elect(2);
  cluster.propose(2, 'x');
  cluster.settle();
  cluster.read(1);
  cluster.settle();
  cluster.lost = () => false;
  cluster.tick(1, 2);
  cluster.settle();
  t.same(cluster.granted, []);
  t.match(cluster.dropped, [{ replica: 1, reason: 'leader-changed' }]);
});

t.test('F7: an index granted to a follower may be ahead of it; it waits for apply', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.held = (message) => message.to === 3 && message.type === 'append';
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.read(3);
  cluster.settle();
  t.match(cluster.granted, [{ replica: 3, index: 2 }]);
  t.equal(cluster.status(3).applied, 1);
});

t.test('a single voter confirms itself', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.elect(1);
  cluster.read(1);
  t.match(cluster.granted, [{ index: 1 }]);
});

t.test('learners confirm nothing, and may read themselves', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, learners: 1 });
  cluster.elect(1);
  cluster.lost = (message) => [2, 3].includes(message.from);
  cluster.read(4);
  cluster.settle();
  t.same(cluster.granted, []);
  cluster.lost = () => false;
  cluster.tick(1, 2);
  cluster.settle();
  t.match(cluster.granted, [{ replica: 4 }]);
});

t.test('6.4: a lost question or a lost answer is asked again', async (t) => {
  for (const lost of ['read-index', 'read-index-response'] as const) {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.read(2);
    cluster.held = ofType(lost);
    cluster.settle();
    cluster.drop(ofType(lost));
    cluster.held = () => false;
    cluster.tick(2, 3);
    cluster.settle();
    t.same(cluster.granted, []);
    cluster.tick(2);
    cluster.settle();
    t.match(cluster.granted, [{ replica: 2 }], lost);
  }
});

t.test('reads beyond the limit are refused, at the leader and at a follower', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, limits: { waitingReadsMax: 2 } });
  cluster.elect(1);
  for (const id of [1, 2]) for (let i = 0; i < 3; i += 1) cluster.read(id);
  t.match(cluster.dropped, [
    { replica: 1, reason: 'overloaded' },
    { replica: 2, reason: 'overloaded' },
  ]);
  cluster.settle();
  t.equal(cluster.granted.length, 4);
  cluster.read(1);
  cluster.settle();
  t.equal(cluster.granted.length, 5, 'there is room again');
});

t.test('whoever knows no leader refuses at once', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.read(1);
  t.match(cluster.dropped, [{ reason: 'not-leader' }]);
});

t.test('F6: reads of a follower are given back when its leader changes', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = to(1);
  cluster.read(3);
  cluster.inject({
    type: 'heartbeat',
    from: 2,
    to: 3,
    term: 2,
    commit: 0,
    context: 0,
    quiet: false,
  });
  t.match(cluster.dropped, [{ replica: 3, reason: 'leader-changed' }]);
});
