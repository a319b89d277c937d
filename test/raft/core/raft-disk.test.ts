/**
 * What leaves before and after the disk has answered, and what happens when it does not.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { from, ofType, SimulatedCluster } from './simulated-cluster.js';

const { electionTicksMin, electionTicksMax, heartbeatTicks } = defaultTiming;

/** Ticks one replica; everything else settles in between. */
function tickSlowly(cluster: SimulatedCluster, id: number, ticks: number): void {
  for (let i = 0; i < ticks; i += 1) {
    cluster.tick(id);
    cluster.settle();
  }
}

t.test('R4: acknowledgements and votes wait for the disk, refusals too', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.slowDisks.add(2);
  cluster.campaign(1);
  cluster.settle();
  t.equal(cluster.replica(2).disk.queued.length > 0, true);
  t.match(
    cluster.replica(2).disk.queued.flatMap(({ then }) => then.map(({ type }) => type)),
    ['vote-response', 'append-response'],
  );
  t.same(cluster.inFlight.filter(from(2)), []);
});

t.test('R5: appends and heartbeats leave before the disk of the leader has answered', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  cluster.propose(1, 'x');
  cluster.tick(1, heartbeatTicks);
  t.same(
    cluster.inFlight.map(({ type }) => type),
    ['append', 'append', 'heartbeat', 'heartbeat'],
  );
});

t.test(
  '15, R11: a repeated append is acknowledged only when the first one is durable',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.slowDisks.add(2);
    cluster.propose(1, 'x');
    const [append] = cluster.inFlight.filter(ofType('append'));
    if (append === undefined) return t.fail('an append was sent');
    cluster.inject(append);
    cluster.inject(append);
    t.same(cluster.drop(from(2)), [], 'the second brought nothing new, and still has to wait');
    cluster.durable(2, 1);
    t.equal(cluster.drop(from(2)).length, 1);
  },
);

t.test('C1: a single voter commits only what its disk has', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  cluster.propose(1, 'x');
  cluster.settle();
  t.equal(cluster.status(1).commit, 1);
  cluster.durable(1);
  t.equal(cluster.status(1).commit, 2);
});

t.test('C2: what was acknowledged is there after all lose power at once', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(3);
  cluster.propose(1, 'x');
  cluster.settle();
  t.equal(cluster.status(1).commit, 2);
  for (const id of [1, 2, 3]) cluster.crash(id);
  for (const id of [1, 2, 3]) cluster.restart(id);
  cluster.slowDisks.clear();
  cluster.campaign(3);
  cluster.settle();
  t.equal(cluster.status(3).role, 'follower', 'whoever lost the entry is not elected');
  cluster.elect(2);
  for (const id of [1, 2, 3]) t.equal(cluster.log(id), '1/1 2/1 3/2');
});

t.test('C4, R11: the state may be ahead of the commit index on disk', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.settle();
  const { disk, applied } = cluster.replica(1);
  t.ok(disk.hardState.commit < applied);
  cluster.replica(1).compact(applied);
  cluster.crash(1);
  cluster.restart(1);
  t.equal(cluster.status(1).commit, applied);
});

t.test('C6, C17: what was committed and not applied is applied after a restart', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.elect(1);
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  cluster.crash(1);
  cluster.restart(1);
  t.equal(cluster.replica(1).applied, 0);
  cluster.settle();
  t.equal(cluster.replica(1).applied, 1, 'as far as the disk knows');
  cluster.elect(1);
  t.equal(cluster.replica(1).applied, 4, 'the rest when the new term commits');
});

t.test('H1: a leader whose disk is silent steps down and does not campaign', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  cluster.propose(1, 'x');
  cluster.settle();
  tickSlowly(cluster, 1, electionTicksMax);
  t.equal(cluster.status(1).role, 'leader', 'not at once');
  tickSlowly(cluster, 1, 1);
  t.equal(cluster.status(1).role, 'follower');
  tickSlowly(cluster, 1, 3 * electionTicksMax);
  t.equal(cluster.status(1).role, 'follower');
  tickSlowly(cluster, 2, 2 * electionTicksMax);
  t.not(cluster.status(2).role, 'leader', 'replica 3 heard the old leader just now');
  tickSlowly(cluster, 3, electionTicksMin);
  tickSlowly(cluster, 2, electionTicksMin);
  t.ok([2, 3].some((id) => cluster.status(id).role === 'leader'));
});

t.test('H1: a slow disk that goes on answering is no reason to step down', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  for (let i = 0; i < 4; i += 1) {
    cluster.propose(1, 'x', 'y');
    tickSlowly(cluster, 1, electionTicksMin);
    cluster.propose(1, 'z');
    cluster.durable(1, 1);
  }
  t.equal(cluster.status(1).role, 'leader');
});

t.test('H2: check-quorum does not wait for the disk', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  cluster.propose(1, 'x');
  cluster.drop();
  cluster.tick(1, 2 * electionTicksMin);
  t.equal(cluster.status(1).role, 'follower');
});

t.test('a silent disk does not gather answers without end', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.slowDisks.add(3);
  cluster.propose(1, 'x');
  cluster.settle();
  for (let i = 0; i < 10 * electionTicksMax; i += 1) {
    cluster.tick(3);
    cluster.tick(1);
    cluster.settle();
  }
  t.ok(cluster.replica(3).disk.queued.length <= electionTicksMax, 'bounded while it is silent');
  cluster.slowDisks.clear();
  cluster.settle();
  cluster.tick(1, heartbeatTicks);
  cluster.settle();
  t.equal(cluster.core(1).leadership?.followers.get(3)?.match, 2, 'asked again, answered');
});
