/** Groups in which nothing happens cost nothing, and wake in time. */
import t, { type Test } from 'tap';
import { HostWorld, watch } from './host-world.js';

async function asleep(t: Test, groups: number): Promise<HostWorld> {
  const world = new HostWorld(t, { groups });
  for (let group = 1; group <= groups; group += 1) await world.elect(1, group);
  await world.pass(10_000);
  return world;
}

const quiet = (world: HostWorld) => world.hosts.map(({ host }) => host.statistics.quietGroups);

t.test('all members fall silent: no message, no tick, no freshness question', async (t) => {
  const world = await asleep(t, 3);
  t.same(quiet(world), [3, 3, 3]);
  for (const { sent } of world.hosts) sent.length = 0;
  await world.pass(20_000);
  t.same(
    world.hosts.map(({ sent }) => sent.length),
    [0, 0, 0],
  );
  t.ok(world.leads(1), 'and the leader stays the leader');
  t.equal(world.at(2).host.group(1)?.inboxLength, 0);
});

t.test('a write wakes a group and nobody else', async (t) => {
  const world = await asleep(t, 3);
  const outcome = watch(world.at(1).host.propose(2, Buffer.from('x')));
  await world.pump();
  t.match(outcome.value, { status: 'applied' });
  t.same(quiet(world), [2, 2, 2]);
  await world.pass(5_000);
  t.same(quiet(world), [3, 3, 3]);
});

t.test('a read at a follower wakes it and tells how fresh it is', async (t) => {
  const world = await asleep(t, 1);
  const { host } = world.at(3);
  const before = host.group(1)?.freshMs ?? 0;
  const nowMs = world.clock.monotonicMs();
  t.ok(nowMs - before > 1_000, 'an old confirmation stays as old as it is');
  const outcome = watch(host.read(1));
  await world.pass(200);
  t.match(outcome.value, { status: 'granted', askedMs: nowMs });
  t.equal(host.group(1)?.freshMs, nowMs);
});

t.test(
  'G7: a node that goes away wakes its groups one after another; each finds a leader',
  async (t) => {
    const world = await asleep(t, 9);
    world.reaches = ({ from, to }) => from !== 1 && to !== 1;
    for (const node of [2, 3]) world.at(node).host.onUnreachable(1);
    await world.pump();
    t.same(quiet(world), [9, 9, 9]);
    await world.pass(50);
    const { quietGroups } = world.at(2).host.statistics;
    t.ok(quietGroups > 0 && quietGroups < 9, `${quietGroups} still sleep after a tick`);
    await world.pass(4_000);
    for (let group = 1; group <= 9; group += 1) {
      t.ok(world.leads(2, group) || world.leads(3, group), `group ${group}`);
    }
  },
);

t.test('a group wakes for a candidate that was away (G3)', async (t) => {
  const world = await asleep(t, 1);
  await world.at(3).host.close();
  world.restart(3);
  await world.pass(3_000);
  t.ok(world.leads(1), 'nobody is deposed');
  const outcome = watch(world.at(3).host.read(1));
  await world.pass(200);
  t.match(outcome.value, { status: 'granted' }, 'and it knows its leader');
});
