/** Changes of members on the node that leads, over a shard in memory and in virtual time. */
import t from 'tap';
import { KvError } from '../../src/kv/errors.js';
import { inWords, MembershipChanges } from '../../src/kv/membership-changes.js';
import type { MembershipRequest } from '../../src/kv/service.js';
import { ManualClock } from '../simulation/manual-clock.js';
import { caughtUp, FakeShard } from './fake-shard.js';

const add = { action: 'add', node: 4, learner: false, force: false, dryRun: false } as const;
const replace = { action: 'replace', node: 2, by: 5, force: false, dryRun: false } as const;
const remove = (node: number) => ({ action: 'remove', node, dryRun: false }) as const;

function world(voters?: readonly number[]) {
  const shard = new FakeShard(voters);
  const clock = new ManualClock();
  const lines: object[] = [];
  const { status, connected, propose } = shard;
  const changes = new MembershipChanges({
    ...{ node: 1, shard: status, connected, propose, clock },
    logger: { info: (fields) => lines.push(fields) },
  });
  const run = (request: MembershipRequest, timeoutMs = 5_000) =>
    changes.run(shard.group, request, timeoutMs);
  /** Lets time pass; promises settle in between. */
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i += 10) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { shard, clock, changes, run, pass, lines };
}

const behind = { ...caughtUp, match: 20, lag: 80, state: 'snapshot' } as const;

t.test('add: learner, catching up, voter; done when it votes', async (t) => {
  const { shard, run, pass, changes, lines } = world();
  shard.progress.set(4, behind);
  const answer = run(add);
  await pass(200);
  t.same(shard.nodes('learners'), [4]);
  t.same(shard.proposed.length, 1, 'it is not promoted before it has caught up');
  shard.progress.delete(4);
  await pass(200);
  t.match(await answer, { state: 'done', changed: true, node: 1, detail: 'Node 4 is a voter.' });
  t.same(shard.nodes('voters'), [1, 2, 3, 4]);
  t.equal(changes.underWay, 0);
  t.match(lines, [{ shard: 3, change: 'Adding node 4', result: 'done' }]);
  t.match(await run(add), { state: 'done', changed: false }, 'the same again: nothing to do');
  t.equal(lines.length, 1, 'which is nothing to tell');
  t.same(changes.statistics, { done: 2, refused: 0, left: 0 });
});

t.test('replace: the vote goes over in one change', async (t) => {
  const { shard, run } = world();
  shard.away.add(2);
  t.match(await run(replace), { state: 'done', changed: true, epoch: shard.epoch });
  t.same(shard.nodes('voters'), [1, 3, 5]);
  t.equal(shard.proposed.length, 2);
});

t.test('when the time is over the answer says how far it is, and the leader goes on', async (t) => {
  const { shard, run, pass, changes } = world();
  shard.progress.set(4, behind);
  const early = run(add, 100);
  await pass(100);
  t.match(await early, { state: 'running', changed: true, detail: /snapshot/ });
  t.match((await early).steps, [
    { step: 'add-learner', state: 'done' },
    { step: 'catch-up', state: 'running' },
    { step: 'promote', state: 'waiting' },
  ]);
  t.equal(changes.underWay, 1);
  const again = run({ ...add, expectedEpoch: 1 }, 5_000);
  shard.progress.delete(4);
  await pass(100);
  t.match(await again, { state: 'done' }, 'the same request joins, whatever its epoch');
  t.equal(shard.proposed.length, 2, 'nothing is done twice');
});

t.test('it goes on when nobody waits', async (t) => {
  const { shard, run, pass, changes } = world();
  shard.progress.set(4, behind);
  const early = run(add, 50);
  await pass(100);
  await early;
  shard.progress.delete(4);
  await pass(100);
  t.same(shard.nodes('voters'), [1, 2, 3, 4]);
  t.equal(changes.underWay, 0);
});

t.test('a learner that goes away after the beginning is waited for', async (t) => {
  const { shard, run, pass } = world();
  shard.progress.set(4, behind);
  const answer = run(add);
  await pass(100);
  shard.away.add(4);
  shard.progress.set(4, { ...behind, active: false });
  await pass(200);
  shard.away.delete(4);
  shard.progress.delete(4);
  await pass(100);
  t.match(await answer, { state: 'done' });
});

t.test('E14: an epoch that is not the one expected: nothing happens', async (t) => {
  const { shard, run } = world();
  shard.epoch = 4;
  await t.rejects(run({ ...add, expectedEpoch: 3 }), {
    code: 'epoch_mismatch',
    facts: { shard: 3, currentEpoch: 4 },
  });
  await t.rejects(run({ ...add, expectedEpoch: 3, dryRun: true }), { code: 'epoch_mismatch' });
  t.same(shard.proposed, []);
  t.match(await run({ ...add, expectedEpoch: 4 }), { state: 'done' });
});

t.test('a dry run changes nothing and says the same', async (t) => {
  const { shard, run, changes } = world();
  const planned = await run({ ...add, dryRun: true });
  t.match(planned, { state: 'planned', changed: false, steps: [{}, {}, {}] });
  t.match(await run({ ...remove(7), dryRun: true }), { state: 'done', changed: false });
  shard.away.add(3);
  await t.rejects(run({ ...remove(2), dryRun: true }), { code: 'quorum_at_risk' });
  t.same([shard.proposed, changes.underWay], [[], 0]);
});

t.test(
  'E14: another change has to wait, but the newest word about the new node counts',
  async (t) => {
    const { shard, run, pass, changes } = world();
    shard.progress.set(4, behind);
    const adding = run(add).catch((error: unknown) => error);
    await pass(50);
    const refused = run(remove(2));
    await t.rejects(refused, {
      code: 'change_in_progress',
      message: /^Adding node 4 is under way/,
    });
    t.match(await run(remove(4)), { state: 'done', changed: true });
    t.match(await adding, { code: 'change_in_progress', message: /was given up/ });
    t.same(shard.nodes('learners'), []);
    await pass(200);
    t.equal(changes.underWay, 0);
    t.same(shard.nodes('voters'), [1, 2, 3]);
  },
);

t.test('refusals of the core: some pass by, others are for whoever asked', async (t) => {
  const { shard, run, pass } = world();
  shard.answer = { status: 'refused', reason: 'not-ready', detail: 'no entry of this term' };
  const patient = run(remove(3));
  await pass(200);
  t.ok(shard.proposed.length > 1, 'it tries again');
  shard.answer = undefined;
  await pass(100);
  t.match(await patient, { state: 'done' });
  shard.answer = { status: 'refused', reason: 'quorum-lost', detail: 'node 2 is silent' };
  await t.rejects(run(remove(2)), { code: 'quorum_at_risk', message: 'node 2 is silent' });
});

t.test('a refusal after the beginning is waited out, not half done', async (t) => {
  const { shard, run, pass } = world();
  shard.progress.set(5, behind);
  const answer = run(replace);
  await pass(50);
  shard.answer = { status: 'refused', reason: 'quorum-lost', detail: 'node 3 is silent' };
  shard.progress.delete(5);
  await pass(300);
  t.same([shard.nodes('voters'), shard.nodes('learners')], [[1, 2, 3], [5]]);
  shard.answer = undefined;
  await pass(100);
  t.match(await answer, { state: 'done' });
});

t.test('who does not lead says who does; unknown shards are unknown', async (t) => {
  const { shard, run, changes } = world();
  shard.role = 'follower';
  shard.leader = 2;
  await t.rejects(run(add), { code: 'not_leader', facts: { shard: 3, leader: 2 } });
  await t.rejects(changes.run(9, add, 100), { code: 'shard_not_found' });
});

t.test('the leadership is lost on the way', async (t) => {
  for (const expectedEpoch of [undefined, 1]) {
    const { shard, run, pass, changes } = world();
    shard.progress.set(4, behind);
    const bound = expectedEpoch === undefined ? add : { ...add, expectedEpoch };
    const answer = run(bound).catch((error: unknown) => error);
    await pass(100);
    shard.role = 'follower';
    shard.leader = 3;
    await pass(100);
    const error = await answer;
    t.type(error, KvError);
    // Bound to an epoch that its own first step has changed it must not be offered again.
    const code = expectedEpoch === undefined ? 'not_leader' : 'outcome_unknown';
    t.match(error, { code });
    t.equal(changes.underWay, 0);
    t.equal(changes.statistics.left, 1);
  }
});

t.test('a node that stops leaves its changes to the next leader', async (t) => {
  const { shard, run, pass, changes, clock } = world();
  shard.progress.set(4, behind);
  const answer = run(add).catch((error: unknown) => error);
  await pass(100);
  changes.stop();
  t.match(await answer, { code: 'not_leader' });
  t.same([changes.underWay, clock.timers], [0, 0]);
});

t.test('E9: the leader that is removed says so, also when its replica is gone', async (t) => {
  const { shard, run, pass } = world();
  shard.staysJoint = true;
  const answer = run(remove(1));
  await pass(50);
  shard.leave();
  shard.held = false;
  await pass(100);
  const { state, members } = await answer;
  t.equal(state, 'done');
  t.same(
    members.map(({ node }) => node),
    [2, 3],
  );
});

t.test('each change in words', async (t) => {
  t.equal(inWords(add), 'Adding node 4');
  t.equal(inWords({ ...add, learner: true }), 'Adding node 4 as a learner');
  t.equal(inWords(replace), 'Replacing node 2 by node 5');
  t.equal(inWords(remove(3)), 'Removing node 3');
});
