/** What comes next, for every action and every state that the members can be in. */
import t from 'tap';
import { lagInWords, nodesInWords, planMembership } from '../../src/kv/membership-plan.js';
import type { MembershipRequest } from '../../src/kv/service.js';
import { caughtUp, FakeShard } from './fake-shard.js';

const dryRun = false;
const add = { action: 'add', node: 4, learner: false, force: false, dryRun } as const;
const replace = { action: 'replace', node: 2, by: 5, force: false, dryRun } as const;
const act = (action: 'promote' | 'demote' | 'remove', node: number) =>
  ({ action, node, dryRun }) as const;

function plan(shard: FakeShard, request: MembershipRequest) {
  const status = shard.status(shard.group);
  const { connected } = shard;
  const members = status?.members ?? [];
  const changing = status?.changing ?? false;
  return planMembership(request, { shard: shard.group, self: 1, members, changing, connected });
}

const verdict = (shard: FakeShard, request: MembershipRequest) => plan(shard, request).verdict;

function withLearner(node: number, shard = new FakeShard()): FakeShard {
  const learner = { node, replica: 9 };
  shard.configuration = { ...shard.configuration, learners: [learner] };
  return shard;
}

t.test('add: a learner, its catching up, its promotion', async (t) => {
  const fresh = plan(new FakeShard(), add);
  t.match(fresh.verdict, { kind: 'change', steps: [{ kind: 'add-learner', node: 4 }] });
  t.same(
    fresh.steps.map(({ step, state }) => `${step} ${state}`),
    ['add-learner running', 'catch-up waiting', 'promote waiting'],
  );
  const shard = withLearner(4);
  shard.progress.set(4, { ...caughtUp, state: 'snapshot', lag: 90 });
  const behind = plan(shard, add);
  t.match(behind.verdict, { kind: 'wait', detail: 'Node 4 gets a snapshot of the shard.' });
  t.same(
    behind.steps.map(({ state }) => state),
    ['done', 'running', 'waiting'],
  );
  shard.progress.set(4, { ...caughtUp, lag: 1_001 });
  t.match(verdict(shard, add), { kind: 'wait', detail: 'Node 4 lacks 1001 entries.' });
  shard.progress.clear();
  t.match(verdict(shard, add), { kind: 'change', steps: [{ kind: 'promote', replica: 9 }] });
  t.match(verdict(new FakeShard([1, 2, 4]), add), { kind: 'done', detail: 'Node 4 is a voter.' });
});

t.test('add as a learner ends there, and never takes a vote away', async (t) => {
  const learner = { ...add, learner: true };
  t.equal(plan(new FakeShard(), learner).steps.length, 1);
  t.match(verdict(withLearner(4), learner), { kind: 'done', detail: 'Node 4 is a learner.' });
  const voter = verdict(new FakeShard([1, 2, 4]), learner);
  t.match(voter, { kind: 'refused', error: { code: 'wrong_role', message: /demote/ } });
});

t.test('a node that is away is not added, unless that is what is wanted', async (t) => {
  const shard = new FakeShard();
  shard.away.add(4);
  const refused = { kind: 'refused', error: { code: 'node_away', message: /^Node 4 is not conn/ } };
  t.match(verdict(shard, add), refused);
  t.match(verdict(shard, { ...add, force: true }), { kind: 'change' });
  const begun = withLearner(4, shard);
  t.match(verdict(begun, add), refused);
  t.match(verdict(begun, act('promote', 4)), refused);
  const patient = verdict(begun, { ...add, force: true });
  t.match(patient, { kind: 'wait', detail: /not heard from/ });
});

t.test('promote and demote: what is so already, and who is no member', async (t) => {
  const shard = withLearner(4);
  t.match(verdict(shard, act('promote', 4)), { kind: 'change' });
  t.match(verdict(shard, act('promote', 2)), { kind: 'done' });
  t.match(verdict(shard, act('demote', 4)), { kind: 'done', detail: 'Node 4 is a learner.' });
  const demote = verdict(shard, act('demote', 1));
  t.match(demote, { kind: 'change', steps: [{ kind: 'demote', replica: 1 }] });
  for (const action of ['promote', 'demote'] as const) {
    const missing = verdict(shard, act(action, 7));
    t.match(missing, { kind: 'refused', error: { code: 'not_a_member' } }, action);
  }
  t.match(verdict(shard, act('promote', 7)), { error: { message: /\(1, 2, 3 and 4 are\); add/ } });
});

t.test('E13: remove: a voter, the leader, a learner, nobody, but not the last one', async (t) => {
  const shard = withLearner(4);
  for (const [node, replica] of [
    [3, 3],
    [1, 1],
    [4, 9],
  ] as const) {
    const removal = { kind: 'change', steps: [{ kind: 'remove', replica }] };
    t.match(verdict(shard, act('remove', node)), removal);
  }
  const nobody = verdict(shard, act('remove', 7));
  t.match(nobody, { kind: 'done', detail: 'Node 7 is no member.' });
  const last = verdict(new FakeShard([1]), act('remove', 1));
  t.match(last, { kind: 'refused', error: { code: 'last_voter' } });
});

t.test('what would leave no majority that is there is refused, with names', async (t) => {
  const shard = new FakeShard();
  shard.away.add(3);
  t.match(verdict(shard, act('remove', 3)), { kind: 'change' }, 'the dead one may go');
  for (const action of ['remove', 'demote'] as const) {
    const refused = verdict(shard, act(action, 2));
    t.match(refused, { kind: 'refused', error: { code: 'quorum_at_risk' } }, action);
    t.match(refused, {
      error: { message: /2 of the voters 1 and 3 must be there, and node 3 is/ },
    });
  }
  const five = withLearner(6, new FakeShard([1, 2, 3, 4, 5]));
  for (const node of [4, 5]) five.away.add(node);
  t.match(verdict(five, act('promote', 6)), { kind: 'change' }, '4 of 6 are there');
  five.away.add(3);
  t.match(verdict(five, act('promote', 6)), {
    error: { code: 'quorum_at_risk', message: /node 3, node 4, node 5 are away/ },
  });
});

t.test('replace: one change gives the vote and takes it', async (t) => {
  const shard = new FakeShard();
  shard.away.add(2);
  t.match(verdict(shard, replace), { kind: 'change', steps: [{ kind: 'add-learner', node: 5 }] });
  const begun = withLearner(5, shard);
  t.match(verdict(begun, replace), {
    kind: 'change',
    steps: [
      { kind: 'promote', replica: 9 },
      { kind: 'remove', replica: 2 },
    ],
  });
  t.match(verdict(new FakeShard([1, 3, 5]), replace), { kind: 'done' });
  const refusals: readonly (readonly [FakeShard, string, RegExp])[] = [
    [new FakeShard([1, 3, 4]), 'not_a_member', /add node 5 instead/],
    [new FakeShard([1, 2, 3, 5]), 'wrong_role', /votes? already|voter already/],
    [withLearner(2, new FakeShard([1, 3, 4])), 'wrong_role', /only a learner/],
  ];
  for (const [members, code, message] of refusals) {
    t.match(verdict(members, replace), { kind: 'refused', error: { code, message } });
  }
});

t.test('E14: during a change everything waits', async (t) => {
  const shard = withLearner(4);
  shard.staysJoint = true;
  await shard.propose(3, [
    { kind: 'promote', replica: 9 },
    { kind: 'remove', replica: 3 },
  ]);
  for (const request of [
    add,
    { ...add, node: 6 },
    replace,
    act('promote', 4),
    act('demote', 2),
    act('remove', 3),
  ]) {
    const { kind } = verdict(shard, request);
    t.equal(kind, 'wait', `${request.action} of node ${request.node}`);
  }
  shard.leave();
  t.match(verdict(shard, act('remove', 3)), { kind: 'done' });
});

t.test('what a learner lacks, in words', async (t) => {
  const learner = { node: 4, replica: 9, role: 'learner' } as const;
  t.match(lagInWords(learner), 'asked where its log ends');
  t.match(lagInWords({ ...learner, progress: { ...caughtUp, lag: 7 } }), 'lacks 7 entries');
  const silent = { ...caughtUp, active: false };
  t.match(lagInWords({ ...learner, progress: silent }), 'not heard from');
  t.equal(nodesInWords([learner]), '4');
});
