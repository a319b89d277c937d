/**
 * Quiet groups: who goes quiet, who must not, and how everybody wakes. There are no leases here
 * that could turn valid again while a group sleeps (G4): a quiet leader answers a read as any
 * leader does, after a round that wakes everybody.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import type { ReplicaId } from '../../../src/raft/core/types.js';
import { SeededRandom } from './seeded-random.js';
import { across, configurationOf, from, SimulatedCluster, to } from './simulated-cluster.js';

const everybody = [1, 2, 3];

function newCluster(configuration = configurationOf({ voters: 3 })): SimulatedCluster {
  const cluster = new SimulatedCluster({
    voters: 3,
    configuration,
    timing: { ...defaultTiming, quietAfterTicks: 20 },
    random: new SeededRandom(7).next,
  });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.settle();
  return cluster;
}

/** Time passes for all of them, and every message arrives within a tick. */
function pass(cluster: SimulatedCluster, ticks: number, ids: readonly ReplicaId[] = everybody) {
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const id of ids) if (cluster.replica(id).up) cluster.tick(id);
    cluster.settle();
  }
}

const quiet = (cluster: SimulatedCluster) =>
  everybody.filter((id) => cluster.replica(id).up && cluster.status(id).quiet);

function asleep(): SimulatedCluster {
  const cluster = newCluster();
  pass(cluster, 20);
  return cluster;
}

t.test('an idle group goes quiet, all of it, and says nothing more', async (t) => {
  const cluster = newCluster();
  pass(cluster, 19);
  t.same(quiet(cluster), []);
  pass(cluster, 1);
  t.same(quiet(cluster), everybody);
  cluster.held = () => true;
  pass(cluster, 200);
  t.same(cluster.inFlight, []);
  t.same(quiet(cluster), everybody, 'a tick is nothing to it');
  for (const id of everybody) t.match(cluster.status(id), { term: 1, leader: 1 });
});

t.test('0 ticks: never', async (t) => {
  const cluster = new SimulatedCluster({
    voters: 3,
    timing: { ...defaultTiming, quietAfterTicks: 0 },
  });
  cluster.elect(1);
  pass(cluster, 300);
  t.same(quiet(cluster), []);
});

t.test('a group of one goes quiet too, and writes again', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.elect(1);
  pass(cluster, defaultTiming.quietAfterTicks, [1]);
  t.equal(cluster.status(1).quiet, true);
  cluster.propose(1, 'x');
  cluster.settle();
  t.match(cluster.status(1), { quiet: false, applied: 2 });
});

t.test('not while a member is behind, silent, or has something to do', async (t) => {
  const reasons: Record<string, (cluster: SimulatedCluster) => void> = {
    'a member is away': (cluster) => cluster.crash(3),
    'a member does not acknowledge': (cluster) => {
      cluster.lost = (message) => message.from === 3 && message.type === 'append-response';
      cluster.propose(1, 'y');
      cluster.settle();
    },
    "the leader's disk owes an answer": (cluster) => {
      cluster.slowDisks.add(1);
      cluster.propose(1, 'y');
      cluster.settle();
    },
  };
  for (const [why, make] of Object.entries(reasons)) {
    const cluster = newCluster();
    make(cluster);
    pass(cluster, 23);
    t.same(quiet(cluster), [], why);
  }
});

t.test('G6: not before the leader has applied, nor while somebody waits', async (t) => {
  const cluster = newCluster();
  cluster.held = from(2);
  cluster.lost = to(3);
  cluster.read(1);
  for (let tick = 0; tick < 11; tick += 1) pass(cluster, 1);
  cluster.lost = () => false;
  t.equal(cluster.core(1).leadership?.atRest, false, 'a read waits for its round');
});

t.test('reads do not keep a group awake, proposals do', async (t) => {
  const cluster = newCluster();
  pass(cluster, 10);
  cluster.read(2);
  cluster.read(1);
  cluster.settle();
  pass(cluster, 10);
  t.same(quiet(cluster), everybody);
  const busy = newCluster();
  pass(busy, 10);
  busy.propose(1, 'y');
  pass(busy, 10);
  t.same(quiet(busy), []);
});

t.test('a proposal, a read, or a question at any member wakes everybody', async (t) => {
  const wakers: Record<string, (cluster: SimulatedCluster) => void> = {
    proposal: (cluster) => cluster.propose(1, 'y'),
    'read at the leader': (cluster) => cluster.read(1),
    'read at a follower': (cluster) => cluster.read(3),
    'wake at the leader': (cluster) => cluster.step(1, { kind: 'wake' }),
    'wake at a follower': (cluster) => cluster.step(2, { kind: 'wake' }),
    transfer: (cluster) => cluster.transfer(1, 2),
    campaign: (cluster) => cluster.campaign(3),
  };
  for (const [what, wake] of Object.entries(wakers)) {
    const cluster = asleep();
    wake(cluster);
    cluster.settle();
    t.same(quiet(cluster), [], what);
    const reads = what.startsWith('read') ? 1 : 0;
    t.equal(cluster.granted.length, reads, what);
    pass(cluster, 30);
    const leaders = everybody.filter((id) => cluster.status(id).role === 'leader');
    t.equal(leaders.length, 1, `${what}: one leader`);
    t.same(quiet(cluster), everybody, `${what}: and asleep again`);
  }
});

t.test('G3: a follower that wakes pokes its leader; nobody is elected', async (t) => {
  const cluster = asleep();
  cluster.step(2, { kind: 'wake' });
  t.match(cluster.inFlight, [{ type: 'heartbeat-response', from: 2, to: 1, context: 0 }]);
  pass(cluster, 15);
  for (const id of everybody) t.match(cluster.status(id), { term: 1, leader: 1 });
});

t.test('G3: the goodbye is lost: the follower that stays awake wakes the others', async (t) => {
  const cluster = newCluster();
  cluster.lost = (message) => message.type === 'heartbeat' && message.quiet && message.to === 3;
  pass(cluster, 20);
  t.same(quiet(cluster), [1, 2]);
  // It asks for votes, and nobody gives one: all but the leader sleep, and the leader is there.
  pass(cluster, 25);
  t.same(quiet(cluster), []);
  for (const id of everybody) t.match(cluster.status(id), { term: 1, leader: 1 });
  cluster.lost = () => false;
  pass(cluster, 30);
  t.same(quiet(cluster), everybody);
});

t.test('G3: even if its question reaches only the other follower', async (t) => {
  const cluster = newCluster();
  cluster.lost = (message) => message.type === 'heartbeat' && message.quiet && message.to === 3;
  pass(cluster, 20);
  cluster.lost = (message) => message.from === 3 && message.to === 1;
  pass(cluster, 25);
  t.same(quiet(cluster), [], 'the other one woke, and poked the leader');
  for (const id of everybody) t.match(cluster.status(id), { term: 1, leader: 1 });
});

t.test('a late answer to a heartbeat does not wake the leader, a poke does', async (t) => {
  const cluster = newCluster();
  cluster.read(1);
  cluster.settle();
  pass(cluster, 20);
  const answer = { type: 'heartbeat-response', from: 2, to: 1, term: 1 } as const;
  cluster.inject({ ...answer, context: 1 });
  t.equal(cluster.status(1).quiet, true);
  cluster.inject({ ...answer, context: 0 });
  t.equal(cluster.status(1).quiet, false);
});

t.test('the leader is gone: who is woken elects another', async (t) => {
  const cluster = asleep();
  cluster.crash(1);
  pass(cluster, 100);
  t.same(quiet(cluster), [2, 3], 'nobody knows');
  for (const id of [2, 3]) cluster.step(id, { kind: 'unreachable', replica: 1 });
  pass(cluster, 40);
  t.same([2, 3].map((id) => cluster.status(id).role === 'leader').sort(), [false, true]);
});

t.test('a goodbye that arrives after its leader has died puts nobody to sleep', async (t) => {
  const cluster = asleep();
  cluster.crash(1);
  cluster.step(2, { kind: 'unreachable', replica: 1 });
  const goodbye = { type: 'heartbeat', from: 1, to: 2, term: 1, context: 0, quiet: true } as const;
  cluster.inject({ ...goodbye, commit: 2 });
  t.equal(cluster.status(2).quiet, false);
  pass(cluster, 40);
  t.not(cluster.status(2).term, 1);
});

t.test('G5: what happens inside a quiet leader is not stuck', async (t) => {
  const cluster = asleep();
  cluster.step(1, { kind: 'unreachable', replica: 2 });
  t.equal(cluster.core(1).leadership?.followers.get(2)?.state, 'probe');
  t.equal(cluster.status(1).quiet, false);
  pass(cluster, 4);
  t.equal(cluster.core(1).leadership?.followers.get(2)?.state, 'replicate');
  pass(cluster, 30);
  t.same(quiet(cluster), everybody);
});

t.test('one member restarts while the others sleep: it finds its leader', async (t) => {
  const cluster = asleep();
  cluster.crash(3);
  cluster.restart(3);
  pass(cluster, 25);
  for (const id of everybody) t.match(cluster.status(id), { term: 1, leader: 1 });
  pass(cluster, 30);
  t.same(quiet(cluster), everybody);
});

t.test('the leader restarts while the others sleep', async (t) => {
  const cluster = asleep();
  cluster.crash(1);
  cluster.restart(1);
  pass(cluster, 60);
  const leaders = everybody.filter((id) => cluster.status(id).role === 'leader');
  t.equal(leaders.length, 1);
  for (const id of everybody) t.match(cluster.status(id), { leader: leaders[0], applied: 3 });
});

t.test('a quiet leader that was replaced behind its back serves no stale read', async (t) => {
  const cluster = asleep();
  cluster.lost = across(1);
  for (const id of [2, 3]) cluster.step(id, { kind: 'wake' });
  pass(cluster, 40, [2, 3]);
  t.match(cluster.status(1), { role: 'leader', quiet: true });
  cluster.read(1);
  pass(cluster, 30);
  t.same(cluster.granted, []);
  t.not(cluster.status(1).role, 'leader', 'awake it counts its quorum');
});

t.test('whoever was removed and compaction do not wake a group', async (t) => {
  // 4 to 9 were members once.
  const cluster = newCluster({ ...configurationOf({ voters: 3 }), nextReplica: 10 });
  pass(cluster, 20);
  cluster.replica(2).compact(2);
  cluster.drain(2);
  t.same(quiet(cluster), everybody);
  cluster.inject({ type: 'heartbeat-response', from: 9, to: 1, term: 1, context: 0 });
  t.same(quiet(cluster), everybody);
});
