/** A turn's share of applying: its bounds in bytes and time, and who comes next. */
import t, { type Test } from 'tap';
import { Applier } from '../../src/raft/applier.js';
import type { GroupId } from '../../src/raft/core/types.js';
import type { Group } from '../../src/raft/group.js';
import { FakeStateMachine } from './fake-state-machine.js';
import { HostWorld } from './host-world.js';

/** Groups that hold committed entries which no host applies. */
async function waiting(t: Test, sizes: Readonly<Record<GroupId, readonly number[]>>) {
  const ids = Object.keys(sizes).map(Number);
  const world = new HostWorld(t, { nodes: 1, groups: ids.length });
  const { host, stateMachine } = world.at(1);
  stateMachine.held = true;
  const groups: Group[] = [];
  for (const id of ids) {
    await world.elect(1, id);
    for (const bytes of sizes[id] ?? []) void host.propose(id, Buffer.alloc(bytes, 'x'));
    const group = host.group(id);
    if (group === undefined) throw new Error(`no group ${id}`);
    groups.push(group);
  }
  await world.pump();
  const own = new FakeStateMachine();
  const limits = { applyBytesMax: 1_000, applyMsMax: 5 };
  const applier = new Applier(own, world.clock, limits);
  for (const group of groups) applier.add(group);
  return { world, applier, own };
}

function shape(own: FakeStateMachine): [GroupId, number][][] {
  return own.transactions.map((work) => work.map(({ group, entries }) => [group, entries.length]));
}

t.test('all groups in one transaction', async (t) => {
  const { applier, own } = await waiting(t, { 1: [10], 2: [10, 10] });
  t.ok(applier.ready);
  const round = applier.run();
  t.match(round, { entries: 5 });
  t.same(shape(own), [
    [
      [1, 2],
      [2, 3],
    ],
  ]);
  t.notOk(applier.ready);
  t.equal(applier.run(), undefined);
});

t.test('a turn applies bounded bytes; who has more waits behind the others', async (t) => {
  const { applier, own } = await waiting(t, { 1: [600, 600, 600], 2: [600], 3: [10] });
  while (applier.run() !== undefined);
  // Every leadership begins with an empty entry; the first group fills a turn with one of 600.
  t.same(shape(own), [
    [
      [1, 2],
      [2, 1],
      [3, 2],
    ],
    [
      [1, 1],
      [2, 1],
    ],
    [[1, 1]],
  ]);
});

t.test('what one entry takes decides how many fit the time, but never too few', async (t) => {
  const sizes = { 1: Array.from({ length: 700 }, () => 0) };
  const { applier, own, world } = await waiting(t, sizes);
  let entryMs = 0.02;
  own.duringApply = () => world.clock.advance(entryMs);
  t.equal(applier.run()?.entries, 250, '5 ms at 20 microseconds each');
  entryMs = 1_000;
  const first = applier.run()?.entries ?? 0;
  t.ok(first > 200);
  const slow = applier.run()?.entries ?? 0;
  t.ok(slow >= 16 && slow < first, `${slow} after a slow turn`);
});

t.test('nothing while held; an entry larger than the limit still goes', async (t) => {
  const { applier, own } = await waiting(t, { 1: [5_000, 1] });
  own.held = true;
  t.notOk(applier.ready);
  t.equal(applier.run(), undefined);
  own.held = false;
  t.equal(applier.run()?.entries, 1, 'the empty entry');
  t.equal(applier.run()?.entries, 1);
  t.equal(applier.run()?.entries, 1);
});

t.test('a state machine that answers for other groups than asked is a bug', async (t) => {
  const { applier, own } = await waiting(t, { 1: [1] });
  own.apply = () => [];
  t.throws(() => applier.run(), /every group has its results/);
});
