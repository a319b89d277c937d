/**
 * Membership changes (section 6): who decides while members come and go, and whose log counts.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import type { MembershipStep } from '../../../src/raft/core/types.js';
import { across, ofType, SimulatedCluster } from './simulated-cluster.js';
import { describeConfiguration } from './transcript-words.js';

const { electionTicksMin, electionTicksMax, heartbeatTicks } = defaultTiming;

const promote = (replica: number): MembershipStep => ({ kind: 'promote', replica });
const demote = (replica: number): MembershipStep => ({ kind: 'demote', replica });
const remove = (replica: number): MembershipStep => ({ kind: 'remove', replica });

const members = (cluster: SimulatedCluster, id: number) =>
  describeConfiguration(cluster.status(id).configuration);

/** How many configurations are in the log of this replica, as its disk has it. */
const changesIn = (cluster: SimulatedCluster, id: number) =>
  cluster.replica(id).disk.configurations().length;

function heartbeat(cluster: SimulatedCluster, id: number): void {
  cluster.tick(id, heartbeatTicks);
  cluster.settle();
}

/** These have heard nobody for an election timeout, and one of them campaigns. */
function electAmong(cluster: SimulatedCluster, candidate: number, others: readonly number[]) {
  for (const id of others) {
    cluster.tick(id, electionTicksMin);
    cluster.drop(({ from, type }) => from === id && type === 'pre-vote');
  }
  cluster.tick(candidate, electionTicksMin);
  cluster.settle();
}

t.test('E11: a new leader is heard at once, whatever it inherited', async (t) => {
  const cluster = new SimulatedCluster({ voters: 5, learners: 1 });
  cluster.elect(1);
  cluster.lost = across(1, 2);
  cluster.change(1, promote(6));
  cluster.settle();
  t.equal(changesIn(cluster, 2), 1, 'appended and not committed');
  cluster.crash(1);
  cluster.lost = () => false;
  electAmong(cluster, 2, [3, 4, 5]);
  t.equal(cluster.status(2).role, 'leader');
  t.match(cluster.status(5), { leader: 2 });
  t.equal(members(cluster, 2), '1 2 3 4 5 6', 'the next leader carries the change through');
});

t.test('D5: a snapshot replaces the configurations of the log that it covers', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, learners: 2 });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.change(1, promote(5), remove(2), remove(3));
  cluster.settle();
  t.equal(changesIn(cluster, 1), 1, 'only in its own log');
  electAmong(cluster, 2, [3]);
  cluster.change(2, promote(4));
  cluster.settle();
  cluster.replica(2).compact(cluster.status(2).applied);
  cluster.drain(2);
  cluster.lost = () => false;
  for (let i = 0; i < 4; i += 1) heartbeat(cluster, 2);
  t.match(cluster.status(1), { leader: 2, pendingChange: false, role: 'follower' });
  for (const id of [1, 2]) t.equal(members(cluster, id), '1 2 3 4 learning 5');
  t.equal(changesIn(cluster, 1), 0);
});

t.test('sys 30: an election in a joint configuration needs both majorities', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, learners: 2 });
  cluster.elect(1);
  cluster.lost = (message) =>
    message.type === 'append' && message.entries.some(({ index }) => index > 2);
  cluster.change(1, promote(4), promote(5), remove(2), remove(3));
  cluster.settle();
  for (let i = 0; i < 2; i += 1) heartbeat(cluster, 1);
  t.equal(members(cluster, 4), '1 4 5 | 1 2 3');
  cluster.crash(1);
  cluster.lost = across(2, 4, 5);
  electAmong(cluster, 4, [2, 5]);
  t.not(cluster.status(4).role, 'leader', 'two of the new three, one of the old');
  cluster.lost = across(2, 3, 4);
  electAmong(cluster, 4, [2, 3]);
  t.not(cluster.status(4).role, 'leader', 'two of the old three, one of the new');
  cluster.lost = () => false;
  electAmong(cluster, 4, [2, 3, 5]);
  t.equal(cluster.status(4).role, 'leader');
});

t.test('sys 32: a leader that gives up its own vote leaves a group with a leader', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, learners: 1 });
  cluster.elect(1);
  cluster.change(1, promote(4), demote(1));
  cluster.settle();
  t.equal(members(cluster, 1), '2 3 4 learning 1');
  cluster.tick(1);
  cluster.settle();
  t.equal(cluster.status(1).role, 'follower', 'it has handed over');
  const leaders = [2, 3, 4].filter((id) => cluster.status(id).role === 'leader');
  t.equal(leaders.length, 1);
  cluster.propose(leaders[0] ?? 0, 'on');
  cluster.settle();
  t.equal(cluster.status(1).commit, cluster.status(leaders[0] ?? 0).commit);
});

t.test('sys 32: nor does an even number of voters wait for one that is gone', async (t) => {
  const cluster = new SimulatedCluster({ voters: 2 });
  cluster.elect(1);
  cluster.change(1, remove(2));
  cluster.settle();
  t.equal(members(cluster, 1), '1');
  cluster.crash(2);
  cluster.propose(1, 'alone');
  cluster.settle();
  t.equal(cluster.status(1).commit, cluster.status(1).lastIndex);
});

t.test('sys 35: who stepped down campaigns with the log that it has now', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.propose(1, 'never', 'committed', 'by', 'anybody');
  cluster.settle();
  electAmong(cluster, 2, [3]);
  cluster.lost = () => false;
  heartbeat(cluster, 2);
  heartbeat(cluster, 2);
  const { lastIndex } = cluster.status(2);
  t.match(cluster.status(1), { lastIndex, role: 'follower' });
  cluster.tick(1, electionTicksMax);
  const [asked] = cluster.drop(ofType('pre-vote'));
  t.match(asked, { lastIndex, lastTerm: 2 });
});

t.test('sys 37: a longer tail of a higher term, and appends that end below it', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, limits: { appendBytesMax: 1 } });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.propose(1, 'a', 'b', 'c', 'd', 'e', 'f');
  cluster.settle();
  cluster.crash(1, 100);
  cluster.lost = ofType('append');
  electAmong(cluster, 2, [3]);
  cluster.propose(2, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H');
  cluster.settle();
  t.equal(cluster.log(2), '1/1 2/2 3/2 4/2 5/2 6/2 7/2 8/2 9/2 10/2', 'nobody else has it');
  cluster.crash(2, 100);
  cluster.restart(1);
  cluster.lost = () => false;
  for (const candidate of [1, 1]) electAmong(cluster, candidate, [3]);
  t.match(cluster.status(1), { role: 'leader', term: 3 });
  t.equal(cluster.log(1), '1/1 2/1 3/1 4/1 5/1 6/1 7/1 8/3');
  cluster.restart(2);
  for (let i = 0; i < 3; i += 1) heartbeat(cluster, 1);
  t.equal(cluster.log(2), cluster.log(1));
  t.equal(cluster.status(2).commit, 8);
});

t.test(
  'sys 31: a joint configuration that was recovered is committed before it is left',
  async (t) => {
    const cluster = new SimulatedCluster({ voters: 3, learners: 1 });
    cluster.elect(1);
    cluster.lost = across(1);
    cluster.change(1, promote(4));
    cluster.settle();
    cluster.crash(1);
    cluster.restart(1);
    cluster.lost = (message) => message.type === 'append';
    cluster.tick(1, electionTicksMax);
    electAmong(cluster, 1, [2, 3]);
    t.equal(cluster.status(1).role, 'leader');
    t.equal(members(cluster, 1), '1 2 3 learning 4', 'not committed, so not in force');
    t.equal(changesIn(cluster, 1), 1, 'and nothing that would leave it is proposed');
    cluster.lost = () => false;
    for (let i = 0; i < 3; i += 1) heartbeat(cluster, 1);
    for (const id of [1, 2, 3, 4]) t.equal(members(cluster, id), '1 2 3 4');
    t.equal(changesIn(cluster, 1), 2);
  },
);
