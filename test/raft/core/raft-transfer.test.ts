/**
 * Leadership transfer: dissertation section 3.10.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { ofType, SimulatedCluster, to } from './simulated-cluster.js';

const { electionTicksMin } = defaultTiming;

t.test('3.10: the target is caught up, campaigns at once and wins', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.held = to(3);
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.transfer(1, 3);
  t.equal(cluster.status(1).transferring, true);
  t.same(cluster.inFlight.filter(ofType('timeout-now')), [], 'it lacks entry 2');
  cluster.held = () => false;
  cluster.settle();
  t.match(cluster.status(3), { role: 'leader', term: 2, commit: 3 });
  t.match(cluster.status(1), { role: 'follower', leader: 3, transferring: false });
});

t.test(
  'F9, F10: neither writes nor reads are taken meanwhile, from followers neither',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.lost = to(3);
    cluster.transfer(1, 3);
    cluster.propose(1, 'x');
    cluster.read(1);
    t.match(cluster.dropped, [{ reason: 'transferring' }, { reason: 'transferring' }]);
    cluster.read(2);
    cluster.settle();
    t.same(cluster.granted, [], 'a follower has to ask again');
    cluster.tick(1, electionTicksMin / 2);
    cluster.settle();
    cluster.tick(1, electionTicksMin / 2);
    t.match(cluster.status(1), { role: 'leader', transferring: false }, 'given up');
    cluster.tick(2, 4);
    cluster.settle();
    t.match(cluster.granted, [{ replica: 2 }]);
  },
);

t.test('a read that waits when the transfer begins is answered or given back', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const id = cluster.read(1);
  cluster.transfer(1, 3);
  cluster.settle();
  t.equal(cluster.status(3).role, 'leader');
  const granted = cluster.granted.some((read) => read.id === id);
  const dropped = cluster.dropped.some((drop) => drop.id === id);
  t.not(granted, dropped);
});

t.test('to itself, to a learner, to nobody or twice: nothing happens', async (t) => {
  const cluster = new SimulatedCluster({ voters: 2, learners: 1 });
  cluster.elect(1);
  for (const target of [1, 3, 9]) cluster.transfer(1, target);
  t.equal(cluster.status(1).transferring, false);
  cluster.transfer(2, 1);
  t.equal(cluster.status(2).role, 'follower', 'a follower has nothing to hand over');
  cluster.transfer(1, 2);
  cluster.transfer(1, 2);
  t.equal(cluster.inFlight.filter(ofType('timeout-now')).length, 1);
});

t.test('another target takes the place of one that does not answer', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = to(3);
  cluster.transfer(1, 3);
  cluster.settle();
  cluster.transfer(1, 2);
  cluster.settle();
  t.equal(cluster.status(2).role, 'leader');
});

t.test('E12: a target without the entry it was asked for does not campaign', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const asked = (lastIndex: number, lastTerm: number) =>
    ({ type: 'timeout-now', from: 1, to: 3, term: 1, lastIndex, lastTerm }) as const;
  cluster.inject(asked(2, 1));
  cluster.inject(asked(1, 0));
  t.equal(cluster.status(3).role, 'follower');
  cluster.inject(asked(1, 1));
  t.equal(cluster.status(3).role, 'candidate');
});

t.test('E12: the vote waits until the log it speaks of is durable', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(3);
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.inject({ type: 'timeout-now', from: 1, to: 3, term: 1, lastIndex: 2, lastTerm: 1 });
  t.equal(cluster.status(3).role, 'candidate');
  t.same(cluster.inFlight.filter(ofType('vote')), []);
  t.equal(cluster.replica(3).disk.queued.length, 2, 'entry 2, and behind it the vote');
});

t.test(
  'F3: a request that arrives after the transfer was given up serves no stale read',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.transfer(1, 3);
    const late = cluster.drop(ofType('timeout-now'))[0];
    if (late === undefined) return t.fail('the target was asked');
    cluster.lost = ofType('timeout-now');
    for (let i = 0; i < electionTicksMin; i += 1) {
      cluster.tick(1);
      cluster.settle();
    }
    t.match(cluster.status(1), { role: 'leader', transferring: false });
    // Replica 3 leads term 2 before the old leader hears of it.
    cluster.lost = to(1);
    cluster.inject(late);
    cluster.settle();
    t.equal(cluster.status(3).role, 'leader');
    cluster.propose(3, 'new');
    cluster.settle();
    t.equal(cluster.status(3).commit, 3);
    cluster.read(1);
    cluster.lost = () => false;
    cluster.settle();
    t.same(cluster.granted, [], 'nobody confirmed the old leader');
  },
);

t.test('a request of an old term is ignored', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.transfer(1, 3);
  const [request] = cluster.drop(ofType('timeout-now'));
  if (request === undefined) return t.fail('the target was asked');
  cluster.inject({ ...request, term: 0 });
  t.equal(cluster.status(3).role, 'follower');
});
