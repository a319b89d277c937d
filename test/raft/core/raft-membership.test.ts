/**
 * Membership changes, section 6 of the Raft paper and the bugs that others had in them.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { add, demote, led, members, pass, promote, remove } from './membership-fixture.js';
import { across, from, ofType, SimulatedCluster, to } from './simulated-cluster.js';

const { electionTicksMin, electionTicksMax } = defaultTiming;

t.test('a learner is added, fed by a snapshot, and promoted', async (t) => {
  const cluster = led({ voters: 3 });
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  cluster.replica(1).compact(3);
  cluster.drain(1);
  cluster.change(1, add(14));
  pass(cluster, 4, 1);
  t.equal(members(cluster, 1), '1 2 3 learning 4');
  t.equal(members(cluster, 4), '1 2 3 learning 4');
  t.match(cluster.status(4), { uninitialised: false, isVoter: false, applied: 5 });
  cluster.change(1, promote(4));
  pass(cluster, 4, 1);
  for (const id of [1, 2, 3, 4]) t.equal(members(cluster, id), '1 2 3 4');
  t.match(cluster.status(4), { isVoter: true, pendingChange: false });
  t.same(cluster.refused, []);
});

t.test('E1: no change before the leader has committed in its own term', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.campaign(1);
  cluster.held = ofType('append');
  cluster.settle();
  t.match(cluster.status(1), { role: 'leader', commit: 0 });
  cluster.change(1, remove(3));
  t.match(cluster.refused, [{ reason: 'not-ready' }]);
  cluster.held = () => false;
  pass(cluster, 2, 1);
  cluster.change(1, remove(3));
  t.equal(cluster.refused.length, 1);
});

t.test('E2: no campaign with a committed configuration that is not applied', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  cluster.change(1, promote(4));
  cluster.settle();
  // Replica 2 starts with a state that is behind: both halves of the change are unapplied.
  cluster.crash(2);
  cluster.restart(2);
  t.equal(members(cluster, 2), '1 2 3 learning 4');
  t.ok(cluster.status(2).commit > cluster.status(2).applied);
  cluster.campaign(2);
  cluster.tick(2, electionTicksMax);
  t.equal(cluster.status(2).role, 'follower');
  t.match(cluster.status(2), { pendingChange: true });
  cluster.apply(2);
  t.equal(members(cluster, 2), '1 2 3 4');
  cluster.campaign(2);
  t.equal(cluster.status(2).role, 'pre-candidate');
});

t.test(
  'E2: a ballot is given up when a newer configuration is found to be committed',
  async (t) => {
    const cluster = led({ voters: 3, learners: 1 });
    cluster.lost = (message) => message.to === 2 && message.type === 'append-response';
    // Replica 2 has the entry and does not know that it is committed.
    cluster.change(1, promote(4));
    cluster.deliver(ofType('append'));
    cluster.durable(2);
    cluster.lost = across(2);
    cluster.settle();
    cluster.tick(2, electionTicksMax);
    t.match(cluster.status(2), { role: 'pre-candidate', commit: 1, lastIndex: 2 });
    const ends = { from: 3, to: 2, term: cluster.status(2).term + 1 };
    const log = { lastIndex: 2, lastTerm: 1, commit: 2, commitTerm: 1, transfer: false };
    cluster.inject({ type: 'pre-vote', ...ends, ...log });
    t.match(cluster.status(2), { role: 'follower', commit: 2 });
  },
);

t.test('E3: who does not know that it may vote votes when asked', async (t) => {
  const cluster = led({ voters: 2, learners: 1 });
  // The promotion reaches the learner's log, and the learner does not learn that it is committed.
  cluster.change(1, promote(3));
  cluster.settle();
  t.equal(members(cluster, 3), '1 2 3');
  const other = led({ voters: 3, learners: 1 });
  other.lost = to(4);
  other.change(1, promote(4));
  other.settle();
  t.equal(members(other, 2), '1 2 3 4');
  t.equal(members(other, 4), '1 2 3 learning 4');
  // Two of four are gone: without the learner's vote nobody can lead.
  other.crash(1);
  other.lost = () => false;
  pass(other, electionTicksMax + 2, 2, 3, 4);
  t.ok([2, 3].some((id) => other.status(id).role === 'leader'));
  t.equal(members(other, 4), '1 2 3 4', 'and then it learns the rest');
});

t.test('E5: whoever leads next leaves the joint configuration, once', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  cluster.change(1, promote(4), remove(3));
  // The leader dies as soon as the joint configuration is committed.
  cluster.deliver(ofType('append'));
  for (const id of [1, 2, 3, 4]) cluster.durable(id);
  cluster.crash(1);
  cluster.drop();
  pass(cluster, 3 * electionTicksMax, 2, 3, 4);
  const leader = [2, 4].find((id) => cluster.status(id).role === 'leader') ?? 0;
  t.equal(members(cluster, leader), '1 2 4');
  t.equal(cluster.status(leader).pendingChange, false);
  const { lastIndex, term } = cluster.status(leader);
  pass(cluster, 10, 2, 4);
  t.match(cluster.status(leader), { lastIndex, term }, 'nothing more is proposed');
});

t.test('E6: what waits for a majority is counted anew when the majority shrinks', async (t) => {
  const cluster = led({ voters: 3, learners: 0 });
  cluster.crash(3);
  cluster.change(1, remove(3));
  cluster.settle();
  t.equal(members(cluster, 1), '1 2');
  // Two of two now, and then one of one.
  cluster.change(1, remove(2));
  cluster.settle();
  t.equal(members(cluster, 1), '1');
  cluster.crash(2);
  cluster.propose(1, 'x');
  cluster.settle();
  const { commit, lastIndex } = cluster.status(1);
  t.equal(commit, lastIndex);
});

t.test('F6: a read that waits for a majority is granted when the majority shrinks', async (t) => {
  const cluster = led({ voters: 3 });
  cluster.change(1, remove(2), remove(3));
  cluster.deliver(ofType('append'));
  for (const id of [1, 2, 3]) cluster.durable(id);
  cluster.lost = ofType('heartbeat');
  const read = cluster.read(1);
  t.same(cluster.granted, []);
  cluster.settle();
  t.equal(members(cluster, 1), '1');
  t.match(cluster.granted, [{ id: read }]);
});

t.test('E7: a new voter was heard as a learner and may be silent for a while', async (t) => {
  const cluster = led({ voters: 1 });
  cluster.change(1, add(2));
  pass(cluster, 4, 1);
  cluster.change(1, promote(2));
  cluster.settle();
  t.equal(members(cluster, 1), '1 2');
  cluster.lost = from(2);
  pass(cluster, electionTicksMin - 1, 1);
  t.equal(cluster.status(1).role, 'leader');
  pass(cluster, 2 * electionTicksMin, 1);
  t.not(cluster.status(1).role, 'leader', 'but not for ever');
});

t.test('E8: a leader that was voted out does not count itself', async (t) => {
  const cluster = led({ voters: 3 });
  // Replica 3 falls silent as soon as the leader is out.
  cluster.lost = (message) => message.from === 3 && members(cluster, 1) === '2 3';
  cluster.change(1, remove(1));
  cluster.settle();
  t.equal(members(cluster, 1), '2 3');
  const { role, commit, lastIndex } = cluster.status(1);
  t.equal(role, 'leader');
  t.equal(lastIndex, commit + 1, 'the leader and replica 2 are no majority of 2 and 3');
  cluster.lost = () => false;
  pass(cluster, defaultTiming.heartbeatTicks, 1);
  t.equal(cluster.status(1).commit, lastIndex);
});

t.test('E9: a removed leader finishes, hands over, and goes', async (t) => {
  const cluster = led({ voters: 3 });
  cluster.change(1, remove(1));
  pass(cluster, 2, 1);
  for (const id of [2, 3]) t.equal(members(cluster, id), '2 3', `${id} has learned of it`);
  t.match(cluster.handedOver, [{ replica: 1, reason: 'removed' }]);
  pass(cluster, 2, 1);
  t.match(cluster.status(1), { role: 'follower', removed: true, isVoter: false });
  const leader = [2, 3].find((id) => cluster.status(id).role === 'leader') ?? 0;
  t.ok(leader > 0, 'without an election timeout');
  pass(cluster, electionTicksMax + 2, 1, 2, 3);
  t.match(cluster.status(leader), { role: 'leader', term: 2 }, 'nobody was disturbed');
});

t.test('E9: nobody takes over from a removed leader, and it steps down', async (t) => {
  const cluster = led({ voters: 3 });
  cluster.lost = ofType('timeout-now');
  cluster.change(1, remove(1));
  pass(cluster, 2 * electionTicksMin, 1);
  t.match(cluster.status(1), { role: 'follower', leader: 0 });
  pass(cluster, 2 * electionTicksMax, 1, 2, 3);
  t.equal(cluster.status(1).removed, true);
  t.ok([2, 3].some((id) => cluster.status(id).role === 'leader'));
});

t.test('E9, E4: only the removed leader knows that it is removed, and it says so', async (t) => {
  const cluster = led({ voters: 2 });
  cluster.change(1, remove(1));
  cluster.settle();
  t.equal(members(cluster, 2), '2');
  const other = led({ voters: 2 });
  other.change(1, remove(1));
  // Replica 2 acknowledges the last configuration and hears no more.
  for (let i = 0; i < 20 && members(other, 1) !== '2'; i += 1) {
    other.deliver(({ commit = 0, to }: { commit?: number; to: number }) => to === 1 || commit < 3);
    for (const id of [1, 2]) other.durable(id);
    for (const id of [1, 2]) other.apply(id);
  }
  other.drop();
  other.crash(1);
  other.restart(1);
  other.apply(1);
  t.match(other.status(2), { configuration: { voters: [{ replica: 2 }] }, pendingChange: true });
  pass(other, 3 * electionTicksMax, 1, 2);
  t.match(other.status(2), { role: 'leader', pendingChange: false });
  t.equal(other.status(1).removed, true);
});

t.test('E10: what the leader knows of a member outlives a change', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  const before = cluster.core(1).leadership?.followers.get(4);
  cluster.change(1, promote(4), demote(2));
  pass(cluster, 2, 1);
  t.equal(members(cluster, 1), '1 3 4 learning 2');
  const { followers } = cluster.core(1).leadership ?? {};
  t.equal(followers?.get(4), before);
  t.match(followers?.get(2), { state: 'replicate', match: cluster.status(1).lastIndex });
});

t.test('E12: a transfer to a voter that has yet to apply its promotion arrives', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  cluster.change(1, promote(4));
  cluster.lost = to(4);
  cluster.settle();
  cluster.lost = () => false;
  cluster.transfer(1, 4);
  pass(cluster, 6, 1);
  t.equal(cluster.status(4).role, 'leader');
});

t.test('E13, E14: what is refused, with the reason', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  const reasons = () => cluster.refused.splice(0).map(({ reason }) => reason);
  cluster.change(2, remove(3));
  t.same(reasons(), ['not-leader']);
  cluster.change(1, remove(1), remove(2), remove(3));
  t.same(reasons(), ['last-voter']);
  const { configuration } = cluster.status(1);
  const expected = { ...configuration, learners: [] };
  const steps = [remove(3)];
  cluster.step(1, { kind: 'change-membership', id: 900, expected, steps });
  t.same(reasons(), ['configuration-differs']);
  cluster.change(1, add(9));
  cluster.change(1, remove(3));
  t.same(reasons(), ['change-pending'], 'one at a time');
  cluster.lost = to(5);
  cluster.settle();
  cluster.change(1, promote(5));
  t.same(reasons(), ['not-caught-up'], 'nobody has heard of replica 5');
  cluster.transfer(1, 2);
  cluster.change(1, remove(3));
  t.same(reasons(), ['transferring']);
});

t.test('a change that would leave no majority that is heard is refused', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  cluster.crash(3);
  pass(cluster, 3 * electionTicksMin, 1);
  t.equal(cluster.status(1).role, 'leader');
  cluster.change(1, remove(2));
  t.match(cluster.refused, [{ reason: 'quorum-lost' }]);
  // The dead one is replaced in one change.
  cluster.change(1, promote(4), remove(3));
  cluster.settle();
  t.equal(members(cluster, 1), '1 2 4');
  t.equal(cluster.refused.length, 1);
});
