/** One turn for all groups: what waits for what, and how it ends. */
import t from 'tap';
import type { AppendMessage } from '../../src/raft/core/types.js';
import { HostWorld, sentMessages, watch } from './host-world.js';

const bytes = (text: string) => Buffer.from(text);

t.test('a proposal is answered when a majority has it on disk and it is applied', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  for (const { wal } of world.hosts) wal.automatic = false;
  const outcome = watch(world.at(1).host.propose(1, bytes('x')));
  await world.pump();
  t.equal(outcome.value, undefined, 'nothing is durable anywhere');
  const appends = sentMessages(world.at(1)).filter(
    (message): message is AppendMessage =>
      message.type === 'append' && message.entries.some(({ data }) => data.length === 1),
  );
  t.equal(appends.length, 2, 'the entry left before the own disk had it (section 10.2.1)');
  world.at(2).wal.complete();
  await world.pump();
  t.equal(outcome.value, undefined, 'one follower alone is no majority');
  t.notOk(
    sentMessages(world.at(3)).some(
      (message) => message.type === 'append-response' && message.index === 2,
    ),
    'node 3 does not acknowledge what its disk has not',
  );
  world.at(3).wal.complete();
  await world.pump();
  t.equal(world.at(1).host.group(1)?.raft.status.commit, 2, 'committed by the two followers');
  t.equal(outcome.value, undefined, 'the leader applies only what its own disk has');
  world.at(1).wal.complete();
  await world.pump();
  t.match(outcome.value, { status: 'applied', result: 'x', index: 2 });
});

t.test('all groups of a turn share one batch of the log and one frame per peer', async (t) => {
  const world = new HostWorld(t, { groups: 3 });
  for (const group of [1, 2, 3]) await world.elect(1, group);
  const leader = world.at(1);
  leader.wal.automatic = false;
  leader.wal.batches.length = 0;
  leader.sent.length = 0;
  const outcomes = [1, 2, 3].map((group) => watch(leader.host.propose(group, bytes(`${group}`))));
  world.clock.advance(0);
  t.equal(leader.wal.batches.length, 1);
  t.same(leader.wal.batches[0]?.writes.map(({ group }) => group).sort(), [1, 2, 3]);
  t.same(leader.sent.map(({ to }) => to).sort(), [2, 3]);
  t.same(
    leader.sent.map(({ messages }) => messages.length),
    [3, 3],
  );
  const later = [1, 2, 3].map((group) => watch(leader.host.propose(group, bytes(`${group}b`))));
  world.clock.advance(0);
  t.equal(leader.wal.batches.length, 1, 'one batch is in flight at a time');
  leader.wal.complete();
  await world.pump();
  t.equal(leader.wal.batches.length, 2, 'the next one had gathered meanwhile: the group commit');
  leader.wal.complete();
  await world.pump();
  for (const { value } of [...outcomes, ...later]) t.equal(value?.status, 'applied');
  t.equal(leader.host.queuedAppends, 0);
});

t.test('a truncated proposal is not dead: it is committed from another log', async (t) => {
  const world = new HostWorld(t, { nodes: 5 });
  await world.elect(1);
  // S1 appends X; only S2 stores it.
  world.isolate(1, 2);
  const outcome = watch(world.at(1).host.propose(1, bytes('X')));
  await world.pump();
  t.equal(world.at(2).wal.entries(1).length, 2);
  // S3 wins term 2 with S4 and S5; its empty entry reaches S1 alone, where it truncates X.
  await world.silence();
  world.reaches = ({ from, to, message }) =>
    ![from, to].includes(2) && (message.type !== 'append' || to === 1);
  await world.elect(3);
  await world.pump();
  t.match(world.at(1).wal.entries(1)[1], { index: 2, term: 2 }, 'X is gone on S1');
  t.equal(outcome.value, undefined, 'and nobody says that it is not applied');
  // S3 dies; S2 wins term 3 with S4 and S5, and X is committed with its empty entry.
  await world.silence();
  world.isolate(2, 4, 5);
  await world.elect(2);
  t.equal(outcome.value, undefined, 'S1 hears nothing yet');
  world.isolate(1, 2, 4, 5);
  await world.pass(300);
  t.match(outcome.value, { status: 'applied', result: 'X', index: 2 });
});

t.test('an entry of another term committed in its place: surely not applied', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  world.isolate(1);
  const outcome = watch(world.at(1).host.propose(1, bytes('lost')));
  await world.pump();
  await world.silence();
  world.isolate(2, 3);
  await world.elect(2);
  const other = watch(world.at(2).host.propose(1, bytes('won')));
  await world.pump();
  t.equal(other.value?.status, 'applied');
  t.equal(outcome.value, undefined, 'unknown until something is committed at its index');
  world.reaches = () => true;
  await world.pass(300);
  t.same(outcome.value, { status: 'not-applied', reason: 'superseded' });
  t.same(world.at(1).stateMachine.texts(1), ['won']);
});

t.test('a proposal is answered by a node that no longer leads', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  world.isolate(1, 2);
  world.at(2).stateMachine.held = true;
  const outcome = watch(world.at(1).host.propose(1, bytes('x')));
  world.at(1).wal.automatic = false;
  await world.pump();
  // Node 2 has it; node 1's disk is slow and it loses the leadership.
  await world.silence();
  world.isolate(2, 3);
  await world.elect(2);
  world.at(1).wal.automatic = true;
  world.at(1).wal.complete();
  world.reaches = () => true;
  await world.pass(300);
  t.notOk(world.leads(1));
  t.match(outcome.value, { status: 'applied', result: 'x' });
});
