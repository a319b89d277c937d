/**
 * Snapshots: section 7 of the Raft paper, and what implementations got wrong about them.
 */
import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import type { SnapshotOffer } from '../../../src/raft/core/types.js';
import { across, ofType, SimulatedCluster, to } from './simulated-cluster.js';

/** Replica 3 was away while 1 and 2 went on to entry 4, and leader 1 has compacted up to it. */
function oneBehind(): SimulatedCluster {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.crash(3);
  cluster.propose(1, 'x', 'y', 'z');
  cluster.settle();
  cluster.replica(1).compact(4);
  cluster.drain(1);
  cluster.restart(3);
  return cluster;
}

function heartbeat(cluster: SimulatedCluster, id = 1): void {
  cluster.tick(id, 2);
  cluster.settle();
}

const offers = (cluster: SimulatedCluster) =>
  cluster.inFlight.filter((message): message is SnapshotOffer => message.type === 'snapshot');

t.test('7: a follower that lags behind the log is brought up by a snapshot', async (t) => {
  const cluster = oneBehind();
  heartbeat(cluster);
  t.match(cluster.status(3), { firstIndex: 5, lastIndex: 4, commit: 4, applied: 4, leader: 1 });
  t.equal(cluster.replica(3).state.digest, cluster.replica(1).state.digest);
  cluster.propose(1, 'more');
  cluster.settle();
  t.match(cluster.status(3), { lastIndex: 5, applied: 5, installing: false });
});

t.test('7, R10: acknowledged when durable, not when received', async (t) => {
  const cluster = oneBehind();
  cluster.slowDisks.add(3);
  cluster.tick(1, 2);
  cluster.deliver(to(3));
  cluster.durable(3);
  cluster.held = (message) => message.from === 3 && message.type === 'append-response';
  cluster.settle();
  for (let pass = 0; pass < 3; pass += 1) cluster.deliver();
  cluster.durable(3);
  cluster.deliver();
  cluster.settle();
  cluster.drop();
  t.equal(cluster.status(3).firstIndex, 5, 'the log begins after the snapshot');
  t.equal(cluster.status(1).commit, 4);
  t.equal(cluster.inFlight.length, 0, 'and nothing is said of it');
  cluster.durable(3);
  const answer = { type: 'append-response', rejected: false, index: 4 };
  t.match(cluster.inFlight, [answer]);
});

t.test('7: while it is installed a replica appends and votes, and applies nothing', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  cluster.fetch(3);
  cluster.propose(1, 'more');
  cluster.settle();
  heartbeat(cluster);
  t.match(cluster.status(3), { installing: true, lastIndex: 5, durable: 5, commit: 5, applied: 1 });
  t.same(cluster.replica(3).handed, [], 'R8');
  t.equal(cluster.core(1).leadership?.followers.get(3)?.match, 5, 'it counts for commits');
  const read = cluster.read(3);
  t.match(cluster.dropped, [{ replica: 3, id: read, reason: 'installing' }]);
  // It neither campaigns by itself nor when asked, and helps others to.
  cluster.lost = across(1);
  cluster.campaign(3);
  cluster.tick(3, 30);
  cluster.settle();
  t.equal(cluster.status(3).role, 'follower');
  cluster.tick(2, 12);
  cluster.settle();
  t.match(cluster.status(2), { role: 'leader', term: 2 }, 'elected by replica 3');
  cluster.install(3);
  cluster.settle();
  t.match(cluster.status(3), { installing: false, applied: 6 });
  cluster.lost = () => false;
  cluster.tick(2, 2);
  cluster.settle();
  t.equal(cluster.replica(3).state.digest, cluster.replica(1).state.digest);
});

t.test('reads that wait when a snapshot begins to replace the state are given back', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  cluster.held = to(3);
  const read = cluster.read(3);
  cluster.settle();
  cluster.fetch(3);
  t.same(cluster.dropped, [{ replica: 3, id: read, reason: 'installing' }]);
  cluster.held = () => false;
  cluster.settle();
  t.same(cluster.granted, [], 'the answer comes too late');
});

t.test('a read that was granted in the turn in which damage is found is given back', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const read = cluster.read(3);
  cluster.held = ofType('read-index-response');
  cluster.settle();
  const [message] = cluster.drop(ofType('read-index-response'));
  if (message === undefined) throw new Error('the leader has answered');
  cluster.step(3, { kind: 'message', message }, { kind: 'state-damaged' });
  t.same(cluster.granted, []);
  t.same(cluster.dropped, [{ replica: 3, id: read, reason: 'installing' }]);
});

t.test('a crash between received, durable and installed', async (t) => {
  for (const point of ['received', 'durable', 'half', 'installed']) {
    const cluster = oneBehind();
    cluster.slowSnapshots.add(3);
    heartbeat(cluster);
    cluster.slowDisks.add(3);
    cluster.fetch(3);
    if (point !== 'received') cluster.durable(3);
    if (point === 'half') cluster.replica(3).beginInstall();
    if (point === 'installed') cluster.install(3);
    cluster.crash(3);
    cluster.slowDisks.clear();
    cluster.restart(3);
    const installing = point === 'durable' || point === 'half';
    t.equal(cluster.status(3).installing, installing, point);
    cluster.slowSnapshots.clear();
    cluster.settle();
    heartbeat(cluster);
    t.match(cluster.status(3), { applied: 4, installing: false }, point);
    t.equal(cluster.replica(3).state.digest, cluster.replica(1).state.digest, point);
  }
});

t.test('C15: without its file the log and the votes stay, and the state comes anew', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  cluster.fetch(3);
  cluster.propose(1, 'more');
  cluster.settle();
  heartbeat(cluster);
  cluster.crash(3);
  cluster.replica(3).state.loseReceived();
  cluster.restart(3);
  t.match(cluster.status(3), { installing: true, wantsSnapshot: true, lastIndex: 5, term: 1 });
  cluster.slowSnapshots.clear();
  heartbeat(cluster);
  heartbeat(cluster);
  t.match(cluster.status(3), { applied: 5, installing: false, wantsSnapshot: false });
  t.equal(cluster.replica(3).state.digest, cluster.replica(1).state.digest);
});

t.test('D2: all of a log in conflict with the snapshot goes, below it too', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(3);
  // Leader 3 appends what nobody else takes; leader 1 of the next term goes on without it.
  cluster.lost = across(3);
  cluster.propose(3, 'a', 'b', 'c', 'd', 'e');
  cluster.settle();
  cluster.tick(2, 12);
  cluster.drop();
  cluster.tick(1, 12);
  cluster.settle();
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  cluster.replica(1).compact(4);
  cluster.drain(1);
  t.equal(cluster.log(3), '1/1 2/1 3/1 4/1 5/1 6/1');
  cluster.lost = () => false;
  heartbeat(cluster);
  heartbeat(cluster);
  t.equal(cluster.log(3), '', 'entries 2/1 to 6/1 are gone');
  t.match(cluster.status(3), { firstIndex: 5, lastIndex: 4, applied: 4, durable: 4 });
  cluster.crash(3);
  cluster.restart(3);
  t.match(cluster.status(3), { firstIndex: 5, lastIndex: 4, applied: 4 }, 'on disk as well');
});

t.test('D6, sys 20: a second snapshot while the first is persisted, and installed', async (t) => {
  for (const point of ['persisted', 'installed']) {
    const cluster = oneBehind();
    cluster.slowSnapshots.add(3);
    heartbeat(cluster);
    cluster.slowDisks.add(3);
    cluster.fetch(3);
    if (point === 'installed') {
      cluster.durable(3);
      cluster.replica(3).beginInstall();
    }
    cluster.held = to(3);
    cluster.propose(1, 'more', 'and more');
    cluster.settle();
    const configuration = cluster.status(1).configuration;
    const snapshot = cluster.replica(1).state.make({ index: 6, term: 1, configuration }, 1);
    cluster.inject({ type: 'snapshot', from: 1, to: 3, term: 1, snapshot });
    cluster.fetch(3);
    t.match(cluster.status(3), { firstIndex: 7, lastIndex: 6, applied: 1 }, point);
    cluster.durable(3, 1);
    if (point === 'persisted') t.equal(cluster.status(3).durable, 1, 'the first is not the second');
    cluster.durable(3);
    t.equal(cluster.status(3).durable, 6, point);
    // What was installed of the first is nothing now.
    cluster.step(3, { kind: 'snapshot-installed', index: 4 });
    t.equal(cluster.status(3).installing, true, point);
    cluster.slowSnapshots.clear();
    cluster.slowDisks.clear();
    cluster.settle();
    t.match(cluster.status(3), { installing: false, applied: 6 }, point);
    t.equal(cluster.replica(3).state.digest, cluster.replica(2).state.digest, point);
  }
});

t.test('D7: any answer that connects with the log ends the snapshot state', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(1);
  heartbeat(cluster);
  const follower = () => cluster.core(1).leadership?.followers.get(3);
  t.equal(follower()?.state, 'snapshot');
  const ends = { type: 'append-response', from: 3, to: 1, term: 1, rejected: false } as const;
  const rest = { hintIndex: 0, hintTerm: 0, wantsSnapshot: false };
  cluster.inject({ ...ends, index: 3, ...rest });
  t.match(follower(), { state: 'snapshot', match: 3 }, 'too little: 4 is compacted away');
  cluster.inject({ ...ends, index: 4, ...rest });
  t.match(follower(), { state: 'replicate', match: 4 }, 'from wherever it has that');
  cluster.makeSnapshot(1);
  t.same(offers(cluster), [], 'nobody needs the snapshot any more');
});

t.test('a snapshot that the log has outrun meanwhile is made anew', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  cluster.propose(1, 'more');
  cluster.settle();
  // The pin on the log's tail was given up: what follows the snapshot is gone.
  cluster.replica(1).compact(5);
  cluster.drain(1);
  cluster.slowSnapshots.clear();
  cluster.settle();
  for (let beat = 0; beat < 3; beat += 1) heartbeat(cluster);
  t.match(cluster.status(3), { firstIndex: 6, applied: 5 });
});

t.test('D8: a lost offer, a failed making and a failed fetch strand nobody', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(1).add(3);
  heartbeat(cluster);
  cluster.makeSnapshot(1, true);
  heartbeat(cluster);
  t.equal(cluster.replica(1).wanted.length, 1, 'asked again');
  cluster.makeSnapshot(1);
  t.equal(cluster.drop(ofType('snapshot')).length, 1);
  heartbeat(cluster);
  t.ok(cluster.replica(3).fetch, 'offered again');
  cluster.replica(1).state.discardMade();
  cluster.fetch(3);
  t.equal(cluster.status(3).fetching, undefined);
  cluster.settle();
  t.equal(cluster.replica(1).wanted.length, 0, 'not at once: a full disk fails at once, too');
  heartbeat(cluster);
  t.equal(cluster.replica(1).wanted.length, 1, 'the leader has learnt that the file is gone');
  cluster.makeSnapshot(1);
  cluster.settle();
  cluster.fetch(3, true);
  cluster.drop();
  heartbeat(cluster);
  t.ok(cluster.replica(3).fetch, 'the word of the failure was lost: fetched again all the same');
  cluster.slowSnapshots.clear();
  cluster.settle();
  heartbeat(cluster);
  t.match(cluster.status(3), { applied: 4, installing: false });
});

t.test('D9, sys 21: the term of a snapshot is the term of its entry', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.crash(3);
  cluster.transfer(1, 2);
  cluster.settle();
  cluster.transfer(2, 1);
  cluster.settle();
  cluster.replica(1).compact(2);
  cluster.drain(1);
  t.equal(cluster.status(1).term, 3);
  cluster.slowSnapshots.add(1);
  cluster.restart(3);
  heartbeat(cluster);
  const configuration = cluster.status(1).configuration;
  const made = { index: 2, configuration, bytes: 1, checksum: 1 };
  const wrong = { ...made, term: 3 };
  t.equal(cluster.core(1).termAt(2), 2);
  t.throws(
    () => cluster.step(1, { kind: 'snapshot-made', to: 3, snapshot: wrong }),
    ImpossibleInput,
  );
});

t.test('A14: a candidate follows the leader that offers it a snapshot', async (t) => {
  const cluster = oneBehind();
  heartbeat(cluster);
  cluster.slowSnapshots.add(3);
  cluster.lost = across(3);
  cluster.tick(3, 12);
  cluster.drop();
  t.equal(cluster.status(3).role, 'pre-candidate');
  const configuration = cluster.status(3).configuration;
  const snapshot = { index: 9, term: 1, configuration, bytes: 1, checksum: 1 };
  cluster.inject({ type: 'snapshot', from: 1, to: 3, term: 1, snapshot });
  t.match(cluster.status(3), { role: 'follower', leader: 1 });
  t.ok(cluster.replica(3).fetch);
});

t.test(
  'a candidate that receives its old snapshot cannot win with the votes it gets',
  async (t) => {
    const cluster = oneBehind();
    cluster.slowSnapshots.add(3);
    heartbeat(cluster);
    cluster.lost = across(3);
    cluster.tick(3, 12);
    cluster.drop();
    t.equal(cluster.status(3).role, 'pre-candidate');
    cluster.fetch(3);
    t.equal(cluster.status(3).installing, true);
    for (const from of [1, 2]) {
      cluster.inject({ type: 'pre-vote-response', from, to: 3, term: 2, granted: true });
    }
    t.match(cluster.status(3), { term: 1 }, 'it does not go on to the vote');
  },
);

t.test('a damaged replica serves nothing, helps to commit, and is rebuilt', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.settle();
  heartbeat(cluster);
  cluster.slowSnapshots.add(3).add(1);
  cluster.replica(3).damage();
  cluster.drain(3);
  t.match(cluster.status(3), { installing: true, wantsSnapshot: true });
  cluster.lost = across(2);
  cluster.propose(1, 'y');
  cluster.settle();
  t.equal(cluster.status(1).commit, 3, 'with the log of the damaged one');
  t.equal(cluster.status(3).applied, 2);
  heartbeat(cluster);
  cluster.slowSnapshots.clear();
  cluster.settle();
  heartbeat(cluster);
  t.match(cluster.status(3), { applied: 3, installing: false, wantsSnapshot: false });
  t.equal(cluster.replica(3).state.digest, cluster.replica(1).state.digest);
  t.equal(cluster.log(3), '', 'the mark is that of the snapshot');
});

t.test('a follower that cannot take a snapshot is not offered it in a hot loop', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.crash(3);
  cluster.propose(1, 'x', 'y', 'z');
  cluster.settle();
  cluster.replica(1).compact(4);
  cluster.drain(1);
  cluster.restart(3);
  cluster.slowSnapshots.add(3);
  cluster.tick(1, 2);
  cluster.settle();
  let fetches = 0;
  // Its disk is full: files.receive or the first write throws. No tick passes.
  while (fetches < 100 && cluster.replica(3).fetch !== undefined) {
    fetches += 1;
    cluster.fetch(3, true);
    cluster.settle();
  }
  t.ok(fetches <= 2, `${fetches} fetches without a tick`);
});
