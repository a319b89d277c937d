/**
 * When a leader may change the membership; whole groups are in raft-membership.
 */
import t from 'tap';
import type { RaftLog } from '../../../src/raft/core/log.js';
import { changed, left } from '../../../src/raft/core/membership-change.js';
import { promotionEntriesMax, Reconfiguration } from '../../../src/raft/core/reconfiguration.js';
import type { Configuration, MembershipStep } from '../../../src/raft/core/types.js';
import { logOfTerms } from './log-of-terms.js';
import { followersOf, type Known } from './membership-fixture.js';
import { configurationOf } from './simulated-cluster.js';

const remove = (replica: number): MembershipStep => ({ kind: 'remove', replica });
const promote = (replica: number): MembershipStep => ({ kind: 'promote', replica });
const three = configurationOf({ voters: 3, learners: 1 });
const allHeard = { 2: { match: 6 }, 3: { match: 6 }, 4: { match: 6 } };

function joint(): Configuration {
  const result = changed(three, [promote(4), remove(3)]);
  if ('refusal' in result) throw new Error(result.refusal.detail);
  return result.configuration;
}

/** Replica 1 leads term 2, whose first entry is 5; the last one is 6. */
function setUp(setup: {
  commit: number;
  applied: number;
  configuration?: Configuration;
  known?: Record<number, Known>;
  log?: RaftLog;
}) {
  const { commit, applied, configuration = three, known = allHeard } = setup;
  const { membership, followers } = followersOf(configuration, known);
  const log = setup.log ?? logOfTerms([1, 1, 1, 1, 2, 2], { commit, applied });
  const parts = { self: 1, log, membership, followers, firstOwnIndex: 5 };
  const reconfiguration = new Reconfiguration(parts);
  const reason = (...steps: MembershipStep[]) => {
    const result = reconfiguration.request({ steps });
    return 'refusal' in result ? result.refusal.reason : undefined;
  };
  return { reconfiguration, membership, log, reason };
}

t.test('E1: not before an entry of the own term is committed', async (t) => {
  t.equal(setUp({ commit: 4, applied: 4 }).reason(remove(3)), 'not-ready');
  t.equal(setUp({ commit: 5, applied: 5 }).reason(remove(3)), undefined);
});

t.test('E11: a new leader applies what it inherited instead of looking through it', async (t) => {
  t.equal(setUp({ commit: 6, applied: 3 }).reason(remove(3)), 'change-pending');
  t.equal(setUp({ commit: 6, applied: 4 }).reason(remove(3)), undefined);
});

t.test('E14: one at a time', async (t) => {
  const { reconfiguration, reason, log } = setUp({ commit: 6, applied: 4 });
  reconfiguration.appended(6);
  t.equal(reason(remove(3)), 'change-pending');
  log.takeCommitted(1000);
  log.appliedTo(6);
  t.equal(reason(remove(3)), undefined);
});

t.test('E14: only from the configuration that whoever asks has seen', async (t) => {
  const { reconfiguration } = setUp({ commit: 6, applied: 6 });
  const steps = [remove(3)];
  const other = configurationOf({ voters: 3 });
  t.match(reconfiguration.request({ steps, expected: other }), {
    refusal: { reason: 'configuration-differs' },
  });
  t.match(reconfiguration.request({ steps, expected: three }), { configuration: {} });
});

t.test('a learner is promoted when it is close behind, and heard', async (t) => {
  const terms = Array.from({ length: promotionEntriesMax + 10 }, () => 2);
  const long = () => logOfTerms(terms, { commit: 100, applied: 100 });
  const behind = (match: number, silent = false) => {
    const known = { 2: { match: 6 }, 3: { match: 6 }, 4: { match, silent } };
    return setUp({ commit: 100, applied: 100, log: long(), known }).reason(promote(4));
  };
  t.equal(behind(9), 'not-caught-up');
  t.equal(behind(10), undefined);
  t.equal(behind(10, true), 'not-caught-up');
  const known = { 2: { match: 6 }, 3: { match: 6 } };
  t.equal(setUp({ commit: 6, applied: 6, known }).reason(promote(4)), 'not-caught-up');
});

t.test('the new voters must be heard, or nothing would be decided any more', async (t) => {
  const known = { ...allHeard, 3: { match: 0, silent: true } };
  const { reason, reconfiguration } = setUp({ commit: 6, applied: 6, known });
  t.equal(reason(remove(2)), 'quorum-lost');
  t.equal(reason(remove(3)), undefined, 'the silent one may go');
  t.equal(reason(promote(4), remove(3)), undefined, 'or be replaced');
  t.equal(reason({ kind: 'remove', replica: 4 }), undefined, 'learners decide nothing');
  const result = reconfiguration.request({ steps: [remove(2)] });
  t.match(result, { refusal: { detail: /1, 3 .*: 3 silent/ } });
});

t.test('E5: a joint configuration is left when it is in force, once', async (t) => {
  const { reconfiguration, membership, reason } = setUp({ commit: 6, applied: 6 });
  t.equal(reconfiguration.due, undefined);
  membership.replaceBy(joint());
  t.equal(reason(remove(2)), 'change-pending');
  t.same(reconfiguration.due, left(joint()));
  reconfiguration.appended(7);
  t.equal(reconfiguration.due, undefined);
});

t.test('E5: a new leader leaves it as well, after its own first entry', async (t) => {
  const configuration = joint();
  t.equal(setUp({ commit: 4, applied: 4, configuration }).reconfiguration.due, undefined);
  t.equal(setUp({ commit: 6, applied: 3, configuration }).reconfiguration.due, undefined);
  t.ok(setUp({ commit: 6, applied: 4, configuration }).reconfiguration.due);
});

t.test('E9: the others know of a change when the entry behind it is committed', async (t) => {
  const { reconfiguration, log } = setUp({ commit: 4, applied: 4 });
  t.equal(reconfiguration.settled, false, 'what was before is known with the first own entry');
  log.commitTo(5);
  t.equal(reconfiguration.settled, true);
  reconfiguration.followedBy(6);
  t.equal(reconfiguration.settled, false);
  log.commitTo(6);
  t.equal(reconfiguration.settled, true);
});
