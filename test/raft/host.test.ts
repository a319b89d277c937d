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

t.test('C19: all groups of a turn share one batch of the log and one frame per peer', async (t) => {
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
  t.equal(leader.host.statistics.queuedAppends, 0);
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

t.test('a log that rejects ends the node: nothing is acknowledged, nobody waits', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { host, wal, failures, stateMachine } = world.at(1);
  wal.automatic = false;
  const proposed = watch(host.propose(1, bytes('x')));
  const read = watch(host.read(1));
  world.isolate();
  await world.pump();
  const late = watch(host.propose(1, bytes('y')));
  const error = new Error('disk on fire');
  wal.fail(error);
  await world.pump();
  world.at(1).sent.length = 0;
  t.same(failures, [error]);
  t.same(proposed.value, { status: 'unknown' }, 'it left for the followers');
  t.not(late.value?.status, 'applied');
  t.same(read.value, { status: 'dropped', reason: 'stopped' });
  t.same(await host.propose(1, bytes('z')), { status: 'not-applied', reason: 'stopped' });
  t.same(await host.read(1), { status: 'dropped', reason: 'stopped' });
  host.fail(new Error('again'));
  stateMachine.onFailure(new Error('and again'));
  t.equal(failures.length, 1, 'told once');
  await world.pass(2_000);
  t.equal(world.at(1).sent.length, 0, 'and it is silent to the others');
});

t.test('a proposal of the very pass in which the node stops was never proposed', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { host, wal } = world.at(1);
  const outcome = watch(host.propose(1, bytes('x')));
  host.fail(new Error('now'));
  await world.pump();
  t.same(outcome.value, { status: 'not-applied', reason: 'stopped' });
  t.equal(wal.entries(1).length, 1, 'only the empty entry of the leadership');
});

t.test('a stopped host keeps nothing of what still arrives', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.at(2).host.close();
  const dropped = world.at(2).host.statistics.droppedMessages;
  await world.pass(500);
  t.ok(world.at(2).host.statistics.droppedMessages > dropped, 'heartbeats are dropped, counted');
  t.equal(world.at(2).host.group(1)?.inboxLength, 0);
  world.at(2).host.onUnreachable(1);
  t.equal(world.at(2).host.group(1)?.inboxLength, 0);
  world.at(2).stateMachine.onProgress();
});

t.test('closing leaves no timer', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  for (const { host } of world.hosts) await host.close();
  await world.pump();
  t.equal(world.clock.timers, 0);
});

t.test('an apply that throws ends the node; the outcome is unknown', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { host, stateMachine, failures } = world.at(1);
  stateMachine.error = new Error('database is damaged');
  const outcome = watch(host.propose(1, bytes('x')));
  await world.pump();
  t.same(outcome.value, { status: 'unknown' });
  t.same(failures, [stateMachine.error]);
});

t.test(
  'while the state machine is held nothing is applied and the loop does not spin',
  async (t) => {
    const world = new HostWorld(t);
    await world.elect(1);
    const { host, stateMachine } = world.at(1);
    stateMachine.held = true;
    const outcomes = Array.from({ length: 50 }, (_, i) => watch(host.propose(1, bytes(`${i}`))));
    await world.pump();
    const { turns } = host.statistics;
    await world.pump();
    t.equal(host.statistics.turns, turns, 'no turn without input');
    await world.pass(5_000);
    t.ok(world.leads(1), 'the leadership does not depend on applying');
    t.ok(outcomes.every(({ value }) => value === undefined));
    const read = watch(host.read(1));
    await world.pump();
    t.equal(read.value, undefined, 'a read waits for what it must see');
    stateMachine.held = false;
    stateMachine.onProgress();
    await world.pump();
    t.ok(outcomes.every(({ value }) => value?.status === 'applied'));
    t.equal(read.value?.status, 'granted');
  },
);

t.test(
  'impossible input of a peer ends the node with the shard and the sender named',
  async (t) => {
    const world = new HostWorld(t);
    await world.elect(1);
    await world.pump();
    const { host, failures, lines } = world.at(2);
    const term = host.group(1)?.raft.status.term ?? 0;
    const commit = 1_000;
    const message = {
      type: 'heartbeat',
      from: 11,
      to: 12,
      term,
      commit,
      context: 0,
      quiet: false,
    } as const;
    host.onMessages(1, [{ group: 1, message }]);
    await world.pump();
    t.match(failures[0]?.message, /group 1/);
    t.match(failures[0]?.message, /heartbeat of node 1 \(replica 11\)/);
    t.match(failures[0]?.message, /told that 1000 is committed/);
    t.equal(lines.filter(({ level }) => level === 'error').length, 1);
  },
);

t.test('replicas speak through their own nodes and for their own incarnation', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { host } = world.at(2);
  const before = host.group(1)?.raft.status;
  const heartbeat = { type: 'heartbeat', term: 99, commit: 0, context: 0, quiet: false } as const;
  const dropped = host.statistics.droppedMessages;
  host.onMessages(3, [{ group: 1, message: { ...heartbeat, from: 11, to: 12 } }]);
  host.onMessages(1, [{ group: 7, message: { ...heartbeat, from: 11, to: 12 } }]);
  t.equal(host.statistics.droppedMessages, dropped + 2, 'another node, another group');
  host.onMessages(1, [{ group: 1, message: { ...heartbeat, from: 11, to: 2 } }]);
  await world.pump();
  t.equal(host.group(1)?.raft.status.term, before?.term, 'and an older replica here');
});

t.test('a disk that hangs does not make the queue of appends grow for ever', async (t) => {
  const world = new HostWorld(t, { limits: { appendsQueuedMax: 8 } });
  await world.elect(1);
  const { host, wal } = world.at(2);
  wal.automatic = false;
  for (let i = 0; i < 100; i += 1) {
    void world.at(1).host.propose(1, bytes(`${i}`));
    await world.pump();
  }
  t.ok(host.statistics.queuedAppends <= 9, `${host.statistics.queuedAppends} are queued`);
  t.ok(host.statistics.droppedMessages > 0, 'the rest is dropped like lost messages');
  t.ok(world.leads(1));
  wal.automatic = true;
  wal.complete();
  await world.pass(1_000);
  t.equal(world.at(2).stateMachine.texts(1).length, 100, 'and repeated later');
});

t.test('reads that nobody waits for any more are let go', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  world.at(2).stateMachine.held = true;
  void world.at(1).host.propose(1, bytes('x'));
  await world.pass(200);
  const waiting = () => world.at(2).host.group(1)?.waitingReads ?? 0;
  const granted = watch(world.at(2).host.read(1, 100));
  await world.pump();
  t.ok(waiting() > 0);
  await world.pass(200);
  t.same(granted.value, { status: 'dropped', reason: 'late' });
  // A question that was never answered, either.
  world.reaches = ({ message }) => message.type !== 'read-index-response';
  const asked = watch(world.at(2).host.read(1, 100));
  await world.pass(200);
  t.same(asked.value, { status: 'dropped', reason: 'late' });
  world.reaches = () => true;
  await world.pass(10_000);
  t.ok(waiting() <= 8, `${waiting()} of its own freshness reads wait at most`);
  world.at(2).stateMachine.held = false;
  world.at(2).stateMachine.onProgress();
  await world.pump();
  t.equal(waiting(), 0);
});

t.test('an error while compacting ends the node, too', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { wal, stateMachine, failures } = world.at(1);
  wal.tails.set(1, 1e12);
  stateMachine.durable = () => {
    throw new Error('no such shard');
  };
  await world.pass(1_000);
  t.match(failures[0]?.message, /no such shard/);
});

t.test('the log is compacted with the batch, and the core told when that is durable', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const { host, wal, stateMachine } = world.at(1);
  for (let i = 0; i < 10; i += 1) void host.propose(1, bytes(`${i}`));
  await world.pump();
  stateMachine.durables.set(1, 11);
  wal.tails.set(1, 1e12);
  wal.automatic = false;
  await world.pass(1_000);
  t.equal(host.group(1)?.raft.status.firstIndex, 1, 'not before it is durable');
  wal.tails.clear();
  wal.automatic = true;
  wal.complete();
  await world.pump();
  t.equal(host.group(1)?.raft.status.firstIndex, 7, 'half of eleven entries');
});

t.test('handing over: with a follower at once, without one at once as well', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(300);
  const done = watch(
    world
      .at(1)
      .host.handOver(5_000)
      .then(() => true),
  );
  await world.pass(300);
  t.equal(done.value, true);
  t.notOk(world.leads(1));
  t.ok(world.leads(2) || world.leads(3));
});

t.test('a state that does not fit its log stops the start and names the group', async (t) => {
  const world = new HostWorld(t);
  const { stateMachine, wal } = world.at(1);
  const entry = { index: 1, term: 1, kind: 0, data: bytes('') } as const;
  stateMachine.apply([{ group: 1, entries: [entry] }]);
  const { host } = world.another(1);
  t.throws(() => host.start(wal.found()), /group 1: .*the log ends at 0/);
});
