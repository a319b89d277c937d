/**
 * Members that left, replicas that are not what they were, and what a restart makes of it all.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { led, members, pass, promote, remove } from './membership-fixture.js';
import { across, from, ofType, to } from './simulated-cluster.js';
import { describeConfiguration } from './transcript-words.js';

const { electionTicksMax } = defaultTiming;

t.test('G2, sys 26, sys 28: a removed replica disturbs nobody and is told to go', async (t) => {
  const cluster = led({ voters: 4 });
  cluster.lost = across(4);
  cluster.change(1, remove(4));
  cluster.settle();
  cluster.lost = () => false;
  t.equal(members(cluster, 4), '1 2 3 4', 'it does not know');
  const { term } = cluster.status(1);
  // Not even a vote that was asked for in the name of a transfer is heard.
  const log = { lastIndex: 99, lastTerm: 9, commit: 0, commitTerm: 0, transfer: true };
  cluster.inject({ type: 'vote', from: 4, to: 2, term: term + 5, ...log });
  t.match(cluster.status(2), { term, vote: 1 });
  cluster.tick(4, electionTicksMax);
  cluster.settle();
  t.match(cluster.status(4), { removed: true, role: 'follower' });
  t.match(cluster.status(1), { role: 'leader', term });
  cluster.campaign(4);
  cluster.tick(4, 5 * electionTicksMax);
  t.same(cluster.inFlight, [], 'silent from then on');
});

t.test('G2: whose vote may still be needed is not told to go', async (t) => {
  const cluster = led({ voters: 2, learners: 1 });
  cluster.change(1, promote(3), remove(2));
  cluster.lost = (message) => from(1)(message) && to(3)(message) && cluster.status(1).applied >= 3;
  cluster.settle();
  t.equal(members(cluster, 1), '1 3');
  t.match(cluster.status(3), { pendingChange: true }, 'the joint one, as far as it knows');
  cluster.tick(2, electionTicksMax);
  cluster.settle();
  t.equal(cluster.status(2).removed, false);
  cluster.crash(1);
  cluster.drop();
  pass(cluster, 2 * electionTicksMax, 2, 3);
  t.equal(cluster.status(3).isVoter, true);
});

t.test('sys 27: a learner never decides anything', async (t) => {
  const cluster = led({ voters: 2, learners: 2 });
  cluster.lost = from(2);
  const { commit } = cluster.status(1);
  cluster.propose(1, 'x');
  pass(cluster, 2, 1);
  t.equal(cluster.status(1).commit, commit);
  cluster.campaign(3);
  cluster.tick(3, electionTicksMax);
  t.equal(cluster.status(3).role, 'follower');
});

t.test(
  'B5, sys 25: a replica without a log does not vote in the name of one that had',
  async (t) => {
    const cluster = led({ voters: 3 });
    cluster.create(3);
    const log = { lastIndex: 9, lastTerm: 9, commit: 0, commitTerm: 0, transfer: true };
    cluster.inject({ type: 'vote', from: 2, to: 3, term: 7, ...log });
    cluster.durable(3);
    t.match(cluster.inFlight, [{ type: 'vote-response', from: 3, granted: false }]);
    // Nor does it pass for holding what its leader knows that the one before it held.
    const other = led({ voters: 3 });
    other.create(3);
    other.tick(1, 2);
    t.throws(() => other.settle(), /was it lost/);
  },
);

t.test('C16: a removal is applied again after a restart, and changes nothing', async (t) => {
  const cluster = led({ voters: 3 });
  cluster.change(1, remove(3));
  cluster.settle();
  const configuration = members(cluster, 2);
  cluster.crash(2);
  cluster.restart(2);
  t.equal(members(cluster, 2), '1 2 3', 'the state fell back');
  cluster.settle();
  t.equal(members(cluster, 2), configuration);
});

t.test('D4: a compacted log and its snapshot carry a joint configuration', async (t) => {
  const cluster = led({ voters: 3, learners: 1 });
  cluster.lost = (message) => message.type === 'append' && message.commit > 1;
  cluster.change(1, promote(4), remove(3));
  for (let i = 0; i < 3; i += 1) {
    cluster.deliver();
    for (const id of [1, 2, 3, 4]) cluster.durable(id);
  }
  cluster.apply(1);
  t.equal(members(cluster, 1), '1 2 4 | 1 2 3');
  cluster.replica(1).compact(2);
  t.equal(describeConfiguration(cluster.core(1).configurationAt(2)), '1 2 4 | 1 2 3');
  cluster.crash(1);
  cluster.restart(1);
  t.equal(members(cluster, 1), '1 2 4 | 1 2 3');
  cluster.campaign(1);
  const asked = cluster.inFlight.filter(ofType('pre-vote')).map((message) => message.to);
  t.same(asked, [2, 3, 4], 'both sets are asked');
});
