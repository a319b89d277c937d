/**
 * The rehearsal of an election (pre-vote, dissertation section 9.6) and a leader's duty to hear
 * a majority (check-quorum, section 6.2).
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import type { VoteRequest } from '../../../src/raft/core/types.js';
import { SeededRandom } from './seeded-random.js';
import { across, from, ofType, SimulatedCluster } from './simulated-cluster.js';

const { electionTicksMin, electionTicksMax, heartbeatTicks } = defaultTiming;

/** Timeouts that differ, as they must when several clocks run (A17). */
const unlike = () => ({ random: new SeededRandom(7).next });

/** Everybody's clock runs, everything is delivered that is not lost. */
function run(cluster: SimulatedCluster, ticks: number): void {
  for (let i = 0; i < ticks; i += 1) {
    for (const { id, up } of cluster.replicas.values()) if (up) cluster.tick(id);
    cluster.settle();
  }
}

t.test('9.6: a rehearsal changes nobody and nothing', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.campaign(1);
  cluster.deliver(ofType('pre-vote'));
  for (const id of [1, 2, 3]) t.match(cluster.status(id), { term: 0, vote: 0 });
  t.ok([...cluster.replicas.values()].every(({ disk }) => disk.queued.length === 0));
});

t.test('9.6: who hears a leader does not help to replace it', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.campaign(3);
  cluster.settle();
  t.match(cluster.status(1), { role: 'leader', term: 1 });
  t.equal(cluster.status(3).role, 'pre-candidate');
  cluster.tick(1, heartbeatTicks);
  cluster.settle();
  t.match(cluster.status(3), { role: 'follower', leader: 1, term: 1 });
});

t.test('9.6: nor does a real vote of a later term, unless leadership is transferred', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const vote: VoteRequest = {
    type: 'vote',
    from: 3,
    to: 2,
    term: 2,
    lastIndex: 1,
    lastTerm: 1,
    commit: 1,
    commitTerm: 1,
    transfer: false,
  };
  cluster.inject(vote);
  t.match(cluster.status(2), { term: 1, leader: 1 });
  cluster.inject({ ...vote, transfer: true });
  t.match(cluster.status(2), { term: 2, vote: 3 });
});

t.test('A8: an isolated voter comes back without a new term', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, ...unlike() });
  cluster.elect(1);
  cluster.lost = across(3);
  run(cluster, 10 * electionTicksMax);
  t.match(cluster.status(3), { role: 'pre-candidate', term: 1 });
  cluster.lost = () => false;
  run(cluster, electionTicksMin);
  t.match(cluster.status(1), { role: 'leader', term: 1 });
  t.match(cluster.status(3), { role: 'follower', leader: 1, term: 1 });
});

t.test('A4, A7: the longer log with the lower term learns the term and wins', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.lost = across(3);
  cluster.settle();
  cluster.crash(1);
  // Replica 3, whose log is short, is in term 4 already.
  cluster.tick(3, electionTicksMin);
  cluster.drop();
  cluster.inject({ type: 'vote-response', from: 1, to: 3, term: 4, granted: false });
  cluster.settle();
  t.match(cluster.status(3), { term: 4, lastIndex: 1 });
  t.match(cluster.status(2), { term: 1, lastIndex: 2 });
  cluster.lost = () => false;
  cluster.tick(2, electionTicksMin);
  cluster.settle();
  t.equal(cluster.status(2).term, 4, 'the refusal named the term');
  cluster.campaign(2);
  cluster.settle();
  t.match(cluster.status(2), { role: 'leader', term: 5 });
});

t.test('A5: a grant for a term that the granter does not know counts', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.inject({ type: 'vote-response', from: 2, to: 1, term: 5, granted: false });
  cluster.settle();
  t.equal(cluster.status(1).term, 5);
  t.equal(cluster.status(3).term, 0);
  cluster.lost = across(2);
  cluster.campaign(1);
  cluster.settle();
  t.match(cluster.status(1), { role: 'leader', term: 6 });
});

t.test('A6: two who campaign for nobody leads help each other', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, ...unlike() });
  cluster.elect(1);
  cluster.crash(1);
  cluster.campaign(2);
  cluster.campaign(3);
  t.match(cluster.status(2), { role: 'pre-candidate', leader: 0 });
  run(cluster, 2 * electionTicksMax);
  t.equal([2, 3].filter((id) => cluster.status(id).role === 'leader').length, 1);
});

t.test('A9: a deposed leader is not refused because of itself for ever', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, ...unlike() });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.tick(1, 2 * electionTicksMin);
  t.equal(cluster.status(1).role, 'follower', 'check-quorum');
  cluster.lost = () => false;
  cluster.drop();
  run(cluster, 2 * electionTicksMax);
  const leaders = [1, 2, 3].filter((id) => cluster.status(id).role === 'leader');
  t.equal(leaders.length, 1);
});

t.test('A10: a rehearsal that ends after the election is won changes nothing', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.campaign(1);
  cluster.deliver(ofType('pre-vote'));
  const grants = cluster.inFlight.filter(ofType('pre-vote-response'));
  cluster.settle();
  t.match(cluster.status(1), { role: 'leader', term: 1 });
  for (const grant of grants) cluster.inject(grant);
  cluster.campaign(1);
  t.match(cluster.status(1), { role: 'leader', term: 1 });
});

t.test('A10: a grant for another rehearsal does not count', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.inject({ type: 'vote-response', from: 2, to: 1, term: 5, granted: false });
  cluster.campaign(1);
  cluster.drop();
  cluster.inject({ type: 'pre-vote-response', from: 2, to: 1, term: 9, granted: true });
  t.match(cluster.status(1), { role: 'pre-candidate', term: 5 });
  cluster.inject({ type: 'pre-vote-response', from: 2, to: 1, term: 6, granted: true });
  t.match(cluster.status(1), { role: 'candidate', term: 6 });
});

t.test('a rehearsal that a majority refuses is over at once', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.campaign(1);
  for (const id of [2, 3]) {
    cluster.inject({ type: 'pre-vote-response', from: id, to: 1, term: 0, granted: false });
  }
  t.match(cluster.status(1), { role: 'follower', term: 0 });
});

t.test('6.2, R20: a leader that hears no majority steps down within two timeouts', async (t) => {
  const cluster = new SimulatedCluster({ voters: 5 });
  cluster.elect(1);
  cluster.lost = across(1, 2);
  for (let i = 0; i < 2 * electionTicksMin; i += 1) {
    cluster.tick(1);
    cluster.settle();
  }
  t.match(cluster.status(1), { role: 'follower', term: 1, leader: 0 });
});

t.test('6.2: a leader that is heard and hears nothing steps down, too', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, ...unlike() });
  cluster.elect(1);
  cluster.lost = (message) => message.to === 1;
  run(cluster, 2 * electionTicksMin + electionTicksMax);
  t.not(cluster.status(1).role, 'leader');
  const led = [2, 3].filter((id) => cluster.status(id).role === 'leader');
  t.equal(led.length, 1, 'and the others elect a leader');
});

t.test('6.2: half of four voters is no majority', async (t) => {
  const cluster = new SimulatedCluster({ voters: 4 });
  cluster.elect(1);
  cluster.lost = across(1, 2);
  cluster.tick(1, electionTicksMin);
  cluster.settle();
  cluster.tick(1, electionTicksMin);
  t.equal(cluster.status(1).role, 'follower');
  cluster.campaign(3);
  cluster.settle();
  t.not(cluster.status(3).role, 'leader');
  t.same(cluster.drop(from(3)), []);
});
