/** Replicas come and go while hosts run. */
import t from 'tap';
import { HostWorld, replicaOf, watch } from './host-world.js';

t.test('E9: a removed leader ends what it has, hands over at once, and is gone', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  const { host, stateMachine, wal, removed } = world.at(1);
  const steps = [{ kind: 'remove', replica: replicaOf(1) }] as const;
  const change = watch(host.changeMembership(1, { steps }));
  await world.pump();
  t.match(change.value, { status: 'applied' });
  const late = watch(host.propose(1, Buffer.from('too late')));
  await world.pump();
  t.match(late.value, { status: 'not-applied' }, 'the others would not take it any more');
  await world.pass(100);
  t.ok(world.leads(2) || world.leads(3), 'without an election timeout');
  await world.pass(2_000);
  t.equal(host.group(1), undefined);
  t.match(removed, [{ group: 1, replica: replicaOf(1) }]);
  t.same([...wal.tombstones], [[1, replicaOf(1) + 1]]);
  t.ok(stateMachine.snapshots.steps.includes('drop 1'));
});

t.test('a member that is not here yet is created, fetches the state, and goes on', async (t) => {
  const world = new HostWorld(t, { nodes: 4, members: 3 });
  await world.elect(1);
  for (let i = 0; i < 10; i += 1) void world.at(1).host.propose(1, Buffer.from(`${i}`));
  await world.pass(200);
  const steps = [{ kind: 'add-learner', node: 4 }] as const;
  const change = watch(world.at(1).host.changeMembership(1, { steps }));
  await world.pass(500);
  t.match(change.value, { status: 'applied' });
  const { host, wal, stateMachine } = world.at(4);
  t.match(wal.batches[0]?.created, [{ group: 1, mark: { index: 0 } }], 'its birth comes first');
  t.equal(host.snapshots.statistics.installed, 1);
  t.same(stateMachine.texts(1), world.at(1).stateMachine.texts(1));
  t.match(host.group(1)?.raft.status, { isVoter: false, uninitialised: false, installing: false });

  await host.close();
  world.restart(4);
  void world.at(1).host.propose(1, Buffer.from('after'));
  await world.pass(500);
  t.equal(world.at(4).stateMachine.texts(1).length, 11, 'also after a restart');
});

t.test('G2: what still comes for a removed replica creates nothing', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  const steps = [{ kind: 'remove', replica: replicaOf(3) }] as const;
  void world.at(1).host.changeMembership(1, { steps });
  await world.pass(3_000);
  const { host, wal } = world.at(3);
  t.equal(host.group(1), undefined);
  const ends = { from: replicaOf(1), to: replicaOf(3), term: 1 };
  const late = { type: 'heartbeat', ...ends, commit: 0, context: 0, quiet: false } as const;
  host.onMessages(1, [{ group: 1, message: late }]);
  await world.pass(200);
  t.equal(host.group(1), undefined);
  t.ok(wal.batches.every(({ created }) => created.length === 0));
});
