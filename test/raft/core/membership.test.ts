import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { Membership } from '../../../src/raft/core/membership.js';
import type { Configuration, Member } from '../../../src/raft/core/types.js';

const members = (...replicas: number[]): Member[] =>
  replicas.map((replica) => ({ node: replica + 100, replica }));

const configuration = (parts: Partial<Configuration>): Configuration => ({
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
  ...parts,
});

t.test('knows voters, learners and where they live', async (t) => {
  const membership = new Membership(
    configuration({ voters: members(3, 1, 2), learners: members(4) }),
  );
  t.same(membership.voters, [1, 2, 3]);
  t.same(membership.replicas, [1, 2, 3, 4], 'ascending, so that broadcasts have one order');
  t.equal(membership.isVoter(4), false);
  t.equal(membership.has(4), true);
  t.equal(membership.nodeOf(4), 104);
  t.equal(membership.has(9), false);
  t.equal(membership.nodeOf(9), undefined);
});

t.test('section 6: in a joint configuration the voters of both sets are voters', async (t) => {
  const joint = configuration({
    voters: members(2, 3, 4),
    outgoing: members(1, 2, 3),
    learnersNext: members(1),
  });
  const membership = new Membership(joint);
  t.same(membership.voters, [2, 3, 4]);
  t.same(membership.outgoing, [1, 2, 3]);
  t.same(membership.replicas, [1, 2, 3, 4], 'nobody twice');
  t.ok([1, 2, 3, 4].every((replica) => membership.isVoter(replica)));
});

t.test('E13: nobody to vote is a programmer error', async (t) => {
  t.throws(() => new Membership(configuration({ learners: members(1) })), InvariantViolation);
});

t.test('one replica id on two nodes, or zero, is a programmer error', async (t) => {
  const twice = configuration({ voters: members(1), learners: [{ node: 7, replica: 1 }] });
  t.throws(() => new Membership(twice), InvariantViolation);
  t.throws(() => new Membership(configuration({ voters: members(0) })), InvariantViolation);
});
