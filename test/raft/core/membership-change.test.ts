/**
 * Membership changes as arithmetic, section 6 of the Raft paper.
 */
import * as fc from 'fast-check';
import t from 'tap';
import { Membership } from '../../../src/raft/core/membership.js';
import {
  type Changed,
  changed,
  left,
  sameConfiguration,
} from '../../../src/raft/core/membership-change.js';
import type { Configuration, Member, MembershipStep } from '../../../src/raft/core/types.js';

const member = (replica: number): Member => ({ node: replica, replica });
const group = (voters: number[], learners: number[], nextReplica = 9): Configuration => ({
  voters: voters.map(member),
  outgoing: [],
  learners: learners.map(member),
  learnersNext: [],
  autoLeave: false,
  nextReplica,
});
const promote = (replica: number): MembershipStep => ({ kind: 'promote', replica });
const demote = (replica: number): MembershipStep => ({ kind: 'demote', replica });
const remove = (replica: number): MembershipStep => ({ kind: 'remove', replica });
const add = (node: number): MembershipStep => ({ kind: 'add-learner', node });

function after(current: Configuration, ...steps: MembershipStep[]): Configuration {
  const result = changed(current, steps);
  if ('refusal' in result) throw new Error(result.refusal.detail);
  return result.configuration;
}

/** Voters, outgoing, learners, learners next. */
function inWords(configuration: Configuration): string {
  const { voters, outgoing, learners, learnersNext } = configuration;
  const lists = [voters, outgoing, learners, learnersNext];
  return lists.map((members) => members.map(({ replica }) => replica).join(' ')).join(' | ');
}

const reason = (result: Changed) => ('refusal' in result ? result.refusal.reason : undefined);

t.test('a change of learners alone takes one step', async (t) => {
  const added = after(group([1, 2, 3], [4]), add(70), add(71));
  t.equal(inWords(added), '1 2 3 |  | 4 9 10 | ');
  t.match(added, { autoLeave: false, nextReplica: 11 });
  t.same(added.learners[1], { node: 70, replica: 9 }, 'the id was never given before');
  t.equal(inWords(after(added, remove(4), remove(9))), '1 2 3 |  | 10 | ');
  t.equal(after(added, remove(10)).nextReplica, 11, 'nor is it given again (B5, G2)');
});

t.test('section 6: a change of voters is joint, and left by itself', async (t) => {
  const joint = after(group([1, 2, 3], [4]), promote(4), remove(2));
  t.equal(inWords(joint), '1 3 4 | 1 2 3 |  | ');
  t.equal(joint.autoLeave, true);
  t.equal(inWords(left(joint)), '1 3 4 |  |  | ');
  t.equal(left(joint).autoLeave, false);
});

t.test('a voter that is demoted votes until the joint configuration is left', async (t) => {
  const joint = after(group([1, 2, 3], [4]), demote(3), promote(4));
  t.equal(inWords(joint), '1 2 4 | 1 2 3 |  | 3');
  t.equal(inWords(left(joint)), '1 2 4 |  | 3 | ');
});

t.test('what is refused, and why', async (t) => {
  const current = group([1, 2], [4]);
  t.equal(reason(changed(current, [])), 'invalid-steps');
  t.equal(reason(changed(current, [promote(4), remove(4)])), 'invalid-steps');
  t.equal(reason(changed(current, [add(5), promote(9)])), 'invalid-steps', 'a learner first');
  t.equal(reason(changed(current, [remove(3)])), 'unknown-replica');
  t.equal(reason(changed(current, [promote(3)])), 'unknown-replica');
  t.equal(reason(changed(current, [promote(1)])), 'not-a-learner');
  t.equal(reason(changed(current, [demote(4)])), 'not-a-voter');
  t.equal(reason(changed(current, [add(4)])), 'node-has-replica');
  t.equal(reason(changed(current, [remove(2), add(2)])), 'node-has-replica', 'it is still there');
  t.equal(reason(changed(current, [add(5), add(5)])), 'node-has-replica');
});

t.test('E13: the last voter stays', async (t) => {
  t.equal(reason(changed(group([1, 2], [4]), [remove(1), remove(2)])), 'last-voter');
  t.equal(reason(changed(group([1], [4]), [demote(1)])), 'last-voter');
  t.equal(inWords(after(group([1], [4]), remove(1), promote(4))), '4 | 1 |  | ');
});

t.test('the same members are the same configuration', async (t) => {
  t.ok(sameConfiguration(group([1, 2], [3]), group([2, 1], [3])));
  t.notOk(sameConfiguration(group([1, 2], [3]), group([1, 2, 3], [])));
  t.notOk(sameConfiguration(group([1], [], 5), group([1], [], 6)));
});

t.test('no change ever makes a configuration that contradicts itself', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add-learner' as const), node: fc.integer({ min: 1, max: 12 }) }),
    fc.record({
      kind: fc.constantFrom('promote' as const, 'demote' as const, 'remove' as const),
      replica: fc.integer({ min: 1, max: 12 }),
    }),
  );
  const changes = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 20 });
  fc.assert(
    fc.property(changes, (changes) => {
      let current = group([1, 2, 3], [4], 5);
      for (const steps of changes) {
        const result = changed(current, steps);
        if ('refusal' in result) continue;
        const { configuration } = result;
        const { voters, outgoing, learners, learnersNext } = configuration;
        const final = outgoing.length > 0 ? left(configuration) : configuration;
        // Nobody has two places, no node two replicas, and Membership agrees with both.
        for (const { replica } of learners) {
          const elsewhere = [...voters, ...outgoing, ...learnersNext];
          if (elsewhere.some((other) => other.replica === replica)) return false;
        }
        const members = [...final.voters, ...final.learners];
        if (new Set(members.map(({ node }) => node)).size !== members.length) return false;
        new Membership(configuration);
        new Membership(final);
        current = final;
      }
      return true;
    }),
    { numRuns: 500 },
  );
});
