/** Transfers of leaderships, as the leader carries them out. */
import t from 'tap';
import { LeaderTransfer } from '../../src/kv/leader-transfer.js';
import type { NodeId } from '../../src/raft/core/types.js';
import { ManualClock } from '../simulation/manual-clock.js';
import { caughtUp, FakeShard } from './fake-shard.js';

function world() {
  const shard = new FakeShard();
  const clock = new ManualClock();
  const told: string[] = [];
  const { status, connected } = shard;
  const seen = { transferring: true };
  const transfers = new LeaderTransfer({
    ...{ node: 1, shard: status, connected, clock },
    transfer: (group, to) => told.push(`transfer ${group} to ${to}`),
    transferring: () => seen.transferring,
    announce: (group, to) => told.push(`announce ${group} to ${to}`),
  });
  const run = (to: NodeId | 'best', how: { dryRun?: boolean; timeoutMs?: number } = {}) =>
    transfers.run(3, { to, dryRun: how.dryRun ?? false }, how.timeoutMs ?? 1_000);
  return { shard, clock, transfers, run, told, seen };
}

t.test('to a node: announced, asked for, and waited for', async (t) => {
  const { shard, clock, run, told, transfers } = world();
  const answer = run(2);
  t.same(told, ['announce 3 to 2', 'transfer 3 to 2']);
  clock.advance(50);
  shard.role = 'follower';
  shard.leader = undefined;
  clock.advance(50);
  shard.leader = 2;
  clock.advance(10);
  const detail = 'Node 2 leads the shard.';
  t.match(await answer, { state: 'done', changed: true, leader: 2, node: 1, detail });
  t.same(transfers.statistics, { done: 1, failed: 0 });
});

t.test('somebody else may win the election', async (t) => {
  const { shard, clock, run } = world();
  const answer = run(2);
  shard.role = 'follower';
  shard.leader = 3;
  clock.advance(10);
  t.match(await answer, { state: 'done', leader: 3, detail: /Node 2 was to lead/ });
});

t.test('to the best: who holds most of the log and is there', async (t) => {
  const { shard, run } = world();
  shard.progress.set(2, { ...caughtUp, match: 90, lag: 10 });
  t.match(await run('best', { dryRun: true }), { state: 'planned', changed: false, leader: 3 });
  shard.away.add(3);
  t.match(await run('best', { dryRun: true }), { leader: 2 });
  shard.progress.set(2, { ...caughtUp, state: 'probe' });
  await t.rejects(run('best'), { code: 'not_caught_up', message: /No other voter/ });
});

t.test('to itself: nothing to do', async (t) => {
  const { run, told } = world();
  t.match(await run(1), { state: 'done', changed: false, leader: 1 });
  t.same(told, []);
});

t.test('who cannot lead is refused with the reason, and nothing is tried', async (t) => {
  const { shard, run, told } = world();
  const learner = { node: 4, replica: 9 };
  shard.configuration = { ...shard.configuration, learners: [learner] };
  await t.rejects(run(4), { code: 'wrong_role', message: /Node 4 is a learner/ });
  await t.rejects(run(7), { code: 'not_a_member' });
  shard.progress.set(3, { ...caughtUp, lag: 1_001 });
  await t.rejects(run(3), { code: 'not_caught_up', message: 'Node 3 lacks 1001 entries.' });
  shard.progress.set(3, { ...caughtUp, state: 'snapshot' });
  await t.rejects(run(3), { code: 'not_caught_up', message: /snapshot/ });
  shard.away.add(2);
  await t.rejects(run(2), { code: 'node_away' });
  shard.staysJoint = true;
  await shard.propose(3, [{ kind: 'remove', replica: 2 }]);
  await t.rejects(run(2), { code: 'change_in_progress' });
  t.same(told, []);
});

t.test('who does not lead says who does', async (t) => {
  const { shard, run, transfers } = world();
  shard.role = 'follower';
  shard.leader = 2;
  await t.rejects(run(3), { code: 'not_leader', facts: { leader: 2 } });
  await t.rejects(transfers.run(9, { to: 'best', dryRun: false }, 10), { code: 'shard_not_found' });
});

t.test('a transfer that was given up leaves the leader as it is', async (t) => {
  const { clock, run, seen, transfers } = world();
  const answer = run(2).catch((error: unknown) => error);
  clock.advance(100);
  seen.transferring = false;
  clock.advance(10);
  t.match(await answer, { code: 'transfer_failed', message: /node 1 still leads/ });
  t.same(transfers.statistics, { done: 0, failed: 1 });
});

t.test('when the time is over nobody knows who leads', async (t) => {
  const { shard, clock, run } = world();
  const answer = run(2, { timeoutMs: 100 }).catch((error: unknown) => error);
  shard.role = 'follower';
  shard.leader = undefined;
  clock.advance(110);
  t.match(await answer, { code: 'outcome_unknown', outcome: 'unknown' });
});
