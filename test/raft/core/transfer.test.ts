/**
 * How a leader hands over; whole groups are in raft-transfer.
 */
import t from 'tap';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { Outbox } from '../../../src/raft/core/outbox.js';
import { Transfer } from '../../../src/raft/core/transfer.js';
import { logOfTerms } from './log-of-terms.js';
import { followersOf, type Known } from './membership-fixture.js';
import { configurationOf } from './simulated-cluster.js';

/** Replica 1 leads four voters and a learner, with three entries of which two are committed. */
function setUp(known: Record<number, Known>) {
  const configuration = configurationOf({ voters: 4, learners: 1 });
  const { membership, followers } = followersOf(configuration, known);
  const outbox = new Outbox();
  const log = logOfTerms([1, 1, 2], { commit: 2 });
  const parts = { self: 1, term: 2, membership, log, outbox, timing: defaultTiming, followers };
  const transfer = new Transfer(parts);
  const asked = () => outbox.take().now;
  return { transfer, followers, membership, asked };
}

t.test(
  'E12: the target is asked when it holds the whole log, and told where it ends',
  async (t) => {
    const { transfer, followers, asked } = setUp({ 2: { match: 2 } });
    transfer.start(2);
    t.equal(transfer.underWay, true);
    t.same(asked(), []);
    followers.get(2)?.accepted(3);
    transfer.askIfCaughtUp();
    const ends = { from: 1, to: 2, term: 2 };
    t.same(asked(), [{ type: 'timeout-now', ...ends, lastIndex: 3, lastTerm: 2 }]);
    transfer.askIfCaughtUp();
    t.same(asked(), [], 'once');
    transfer.askAgain();
    t.equal(asked().length, 1, 'and again with the next heartbeat');
  },
);

t.test('nobody takes over: given up after an election timeout', async (t) => {
  const { transfer } = setUp({ 2: { match: 3 } });
  t.equal(transfer.tick(), true, 'there is nothing to give up');
  transfer.start(2);
  for (let i = 1; i < defaultTiming.electionTicksMin; i += 1) t.equal(transfer.tick(), true);
  t.equal(transfer.tick(), false);
  t.equal(transfer.underWay, false);
});

t.test('neither oneself nor a learner is a target', async (t) => {
  const { transfer } = setUp({ 5: { match: 3 } });
  transfer.start(1);
  transfer.start(5);
  transfer.start(77);
  t.equal(transfer.underWay, false);
});

t.test('the best one holds most, is heard, and votes', async (t) => {
  const { transfer } = setUp({
    2: { match: 2 },
    3: { match: 3 },
    4: { match: 3, silent: true },
    5: { match: 3 },
  });
  t.equal(transfer.toBest('slow-disk'), 3);
  t.equal(transfer.reason, 'slow-disk');
  t.equal(transfer.toBest('slow-disk'), undefined, 'it is under way');
});

t.test('who lacks what is committed is no successor', async (t) => {
  const { transfer } = setUp({ 2: { match: 1 }, 3: { match: 3, silent: true } });
  t.equal(transfer.toBest('removed'), undefined);
});

t.test('a target that is voted out is none', async (t) => {
  const { transfer, membership } = setUp({ 4: { match: 3 } });
  transfer.start(4);
  transfer.membershipChanged();
  t.equal(transfer.underWay, true);
  membership.replaceBy(configurationOf({ voters: 3 }));
  transfer.membershipChanged();
  t.equal(transfer.underWay, false);
});
