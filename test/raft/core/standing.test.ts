/**
 * Leader election: sections 5.1, 5.2 and 5.4.1 of the Raft paper.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { NOBODY, type VoteRequest } from '../../../src/raft/core/types.js';
import { from, ofType, SimulatedCluster, to } from './simulated-cluster.js';

const { electionTicksMin } = defaultTiming;

const vote = (change: Partial<VoteRequest>): VoteRequest => ({
  type: 'vote',
  from: 1,
  to: 3,
  term: 1,
  lastIndex: 0,
  lastTerm: 0,
  commit: 0,
  commitTerm: 0,
  transfer: false,
  ...change,
});

/** What replica `id` answers to this message when its disk is fast. */
function answerOf(
  cluster: SimulatedCluster,
  id: number,
  message: Parameters<SimulatedCluster['inject']>[0],
) {
  cluster.inject(message);
  cluster.durable(id);
  return cluster.drop(from(id));
}

t.test('5.2: servers begin as followers, and campaign when they hear of no leader', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  t.match(cluster.status(1), { role: 'follower', term: 0, leader: NOBODY });
  cluster.tick(1, electionTicksMin - 1);
  t.equal(cluster.status(1).role, 'follower');
  cluster.tick(1);
  t.equal(cluster.status(1).role, 'pre-candidate');
  cluster.settle();
  t.match(cluster.status(1), { role: 'leader', term: 1, vote: 1, leader: 1 });
  t.match(cluster.status(3), { role: 'follower', term: 1, vote: 1, leader: 1 });
});

t.test('5.2: a leader keeps its authority by heartbeats', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  for (let i = 0; i < 10 * electionTicksMin; i += 1) {
    for (const id of [1, 2, 3]) cluster.tick(id);
    cluster.settle();
  }
  t.match(cluster.status(1), { role: 'leader', term: 1 });
});

t.test('5.2: a single server elects itself when its disk has answered', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.slowDisks.add(1);
  cluster.campaign(1);
  t.equal(cluster.status(1).role, 'candidate');
  cluster.durable(1);
  t.equal(cluster.status(1).role, 'leader');
});

t.test('5.2: each server votes for one candidate per term, first come first served', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  t.match(answerOf(cluster, 3, vote({ from: 1 })), [{ granted: true, to: 1, term: 1 }]);
  t.match(answerOf(cluster, 3, vote({ from: 2 })), [{ granted: false, to: 2, term: 1 }]);
});

t.test('A11, sys 35: the same candidate is granted again when the answer was lost', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  answerOf(cluster, 3, vote({ from: 1 }));
  t.match(answerOf(cluster, 3, vote({ from: 1 })), [{ granted: true }]);
});

t.test('5.2, A16: a vote survives a crash', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  answerOf(cluster, 3, vote({ from: 1 }));
  cluster.crash(3);
  cluster.restart(3);
  t.match(answerOf(cluster, 3, vote({ from: 2 })), [{ granted: false }]);
});

t.test('a vote that is not durable yet is not given', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.inject(vote({ from: 1 }));
  t.same(cluster.inFlight, []);
  cluster.crash(3);
  cluster.restart(3);
  t.match(answerOf(cluster, 3, vote({ from: 2 })), [{ granted: true }], 'nobody knew of it');
});

t.test('5.1: a later term makes everybody a follower; the vote is free again', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.inject({
    type: 'append-response',
    from: 2,
    to: 1,
    term: 7,
    rejected: true,
    index: 0,
    hintIndex: 0,
    hintTerm: 0,
    wantsSnapshot: false,
  });
  t.match(cluster.status(1), { role: 'follower', term: 7, vote: NOBODY, leader: NOBODY });
});

t.test('5.1, A4, A7: a message of an old term is refused with the newer one', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.inject(vote({ from: 1, term: 5 }));
  cluster.durable(3);
  cluster.drop();
  const old = { from: 2, to: 3, term: 3 };
  const append = { previousIndex: 0, previousTerm: 0, commit: 0, entries: [] };
  t.match(answerOf(cluster, 3, { type: 'append', ...old, ...append }), [
    { type: 'append-response', rejected: true, term: 5 },
  ]);
  t.match(
    answerOf(cluster, 3, { type: 'heartbeat', ...old, commit: 0, context: 0, quiet: false }),
    [{ type: 'append-response', rejected: true, term: 5 }],
  );
  t.match(answerOf(cluster, 3, vote({ ...old, type: 'pre-vote' })), [
    { type: 'pre-vote-response', granted: false, term: 5 },
  ]);
  t.match(cluster.status(3), { role: 'follower', term: 5, leader: NOBODY });
});

t.test('5.2, A14: a candidate follows whoever leads its term', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.campaign(1);
  cluster.deliver();
  cluster.deliver();
  t.equal(cluster.status(1).role, 'candidate');
  cluster.inject({
    type: 'heartbeat',
    from: 2,
    to: 1,
    term: 1,
    commit: 0,
    context: 0,
    quiet: false,
  });
  t.match(cluster.status(1), { role: 'follower', term: 1, leader: 2, vote: 1 });
});

t.test('A2: stepping down within a term does not free the vote', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  answerOf(cluster, 3, vote({ from: 1, term: 3 }));
  cluster.campaign(3);
  t.equal(cluster.status(3).role, 'pre-candidate');
  const append = { previousIndex: 9, previousTerm: 2, commit: 0, entries: [] };
  cluster.inject({ type: 'append', from: 1, to: 3, term: 3, ...append });
  t.match(cluster.status(3), { role: 'follower', vote: 1 });
  cluster.drop();
  t.match(answerOf(cluster, 3, vote({ from: 2, term: 3 })), [{ granted: false }]);
});

t.test('A13: only a granted vote restarts the election clock', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.crash(1);
  cluster.tick(3, electionTicksMin - 1);
  cluster.inject(vote({ from: 2, to: 3, term: 2, transfer: true }));
  t.match(cluster.status(3), { term: 2, vote: NOBODY }, 'a hopeless candidate: its log is empty');
  cluster.tick(3);
  t.equal(cluster.status(3).role, 'pre-candidate');
});

t.test('A13: a granted vote does restart it', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.tick(3, electionTicksMin - 1);
  cluster.inject(vote({ from: 2 }));
  cluster.tick(3);
  t.equal(cluster.status(3).role, 'follower');
});

t.test('5.4.1, A12: whose log is older is not elected', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = to(3);
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.lost = () => false;
  cluster.crash(1);
  cluster.tick(2, electionTicksMin);
  cluster.drop();
  cluster.campaign(3);
  cluster.settle();
  t.not(cluster.status(3).role, 'leader', 'replica 3 lacks a committed entry');
  cluster.elect(2);
});

t.test('A1: a grant that was delayed across a crash elects nobody', async (t) => {
  // Replica 2 leads; entry 2 is durable on 1 and 2, and only in the memory of 3.
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(2);
  cluster.slowDisks.add(3);
  cluster.propose(2, 'x');
  cluster.settle();
  t.equal(cluster.status(2).commit, 2);
  cluster.crash(2);
  cluster.tick(1, electionTicksMin);
  cluster.drop();
  cluster.campaign(3);
  cluster.settle();
  t.match(cluster.status(3), { role: 'candidate', term: 2, lastIndex: 2 });
  t.same(cluster.inFlight.filter(ofType('vote', 'vote-response')), [], 'nothing was asked');
  cluster.crash(3);
  cluster.restart(3);
  t.match(cluster.status(3), { term: 1, lastIndex: 1 });
});

t.test('A15: a vote for oneself that becomes durable too late does not count', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.slowDisks.add(1);
  cluster.campaign(1);
  cluster.settle();
  t.match(cluster.status(1), { role: 'candidate', term: 1 });
  cluster.inject({
    type: 'heartbeat',
    from: 2,
    to: 1,
    term: 1,
    commit: 0,
    context: 0,
    quiet: false,
  });
  cluster.durable(1);
  t.match(cluster.status(1), { role: 'follower', leader: 2 });
  // And one of an older term does not count for a newer one.
  cluster.campaign(1);
  cluster.lost = to(2, 3);
  cluster.settle();
  t.equal(cluster.status(1).role, 'pre-candidate');
});

t.test('A15: nor does the vote of one campaign count for the next', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1 });
  cluster.slowDisks.add(1);
  cluster.campaign(1);
  t.match(cluster.status(1), { role: 'candidate', term: 1 });
  // The next campaign begins, and before its turn ends the disk answers to the first one.
  const replica = cluster.replica(1);
  replica.step({ kind: 'campaign' });
  t.match(cluster.status(1), { role: 'candidate', term: 2 });
  replica.finishAppends(1);
  t.equal(cluster.status(1).role, 'candidate');
  cluster.drain(1);
  cluster.durable(1);
  t.match(cluster.status(1), { role: 'leader', term: 2 });
});

t.test('A3: what a deposed leader gets to propose is refused, not stamped', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const proposal = { id: 77, data: Buffer.from('x') };
  cluster.step(
    1,
    {
      kind: 'message',
      message: { type: 'heartbeat', from: 2, to: 1, term: 2, commit: 0, context: 0, quiet: false },
    },
    { kind: 'propose', proposals: [proposal] },
  );
  t.same(cluster.dropped, [{ replica: 1, id: 77, reason: 'not-leader' }]);
  t.equal(cluster.status(1).lastIndex, 1);
});

t.test('E3: a learner votes when it is asked, and does not campaign', async (t) => {
  const cluster = new SimulatedCluster({ voters: 1, learners: 1 });
  t.match(answerOf(cluster, 2, vote({ from: 1, to: 2 })), [{ granted: true }]);
  cluster.tick(2, 10 * electionTicksMin);
  cluster.campaign(2);
  t.equal(cluster.status(2).role, 'follower');
});

t.test('E4: what a candidate knows to be committed its voters learn', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.lost = (message) => message.to === 3 && message.type === 'append' && message.commit > 1;
  cluster.settle();
  cluster.lost = () => false;
  t.equal(cluster.status(3).commit, 1);
  cluster.crash(1);
  cluster.inject(
    vote({
      from: 2,
      to: 3,
      term: 2,
      lastIndex: 2,
      lastTerm: 1,
      commit: 2,
      commitTerm: 1,
      transfer: true,
    }),
  );
  t.equal(cluster.status(3).commit, 2);
});

t.test('E4: but not from a log that differs there', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.deliver(to(3));
  cluster.inject(
    vote({
      from: 2,
      to: 3,
      term: 2,
      lastIndex: 2,
      lastTerm: 2,
      commit: 2,
      commitTerm: 2,
      transfer: true,
    }),
  );
  t.equal(cluster.status(3).commit, 1);
});
