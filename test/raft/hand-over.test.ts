/** Leaderships are given away before a node stops. */
import t from 'tap';
import { bestFollower } from '../../src/raft/hand-over.js';
import { HostWorld, replicaOf, watch } from './host-world.js';

function handingOver(world: HostWorld, timeoutMs: number) {
  return watch(
    world
      .at(1)
      .host.handOver(timeoutMs)
      .then(() => true),
  );
}

t.test('every leadership goes to a follower', async (t) => {
  const world = new HostWorld(t, { groups: 3 });
  for (const group of [1, 2, 3]) await world.elect(1, group);
  await world.pass(200);
  const done = handingOver(world, 5_000);
  await world.pass(200);
  t.equal(done.value, true);
  for (const group of [1, 2, 3]) t.notOk(world.leads(1, group));
});

t.test('with nobody to take over it ends at once', async (t) => {
  const alone = new HostWorld(t, { nodes: 1 });
  await alone.elect(1);
  const first = handingOver(alone, 60_000);
  await alone.pump();
  t.equal(first.value, true, 'one voter');

  const world = new HostWorld(t);
  await world.elect(1);
  for (const { host } of world.hosts.slice(1)) await host.close();
  for (const node of [2, 3]) world.at(1).host.onUnreachable(node);
  await world.pump();
  const second = handingOver(world, 60_000);
  await world.pump();
  t.equal(second.value, true, 'no follower is reached');
  t.ok(world.leads(1), 'and the leadership stays');

  const third = watch(world.at(2).host.handOver(60_000));
  await world.pump();
  t.ok('value' in third, 'a follower and a stopped host have nothing to give');
});

t.test('a follower that does not react holds it up for the given time, no longer', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  world.reaches = ({ message }) => message.type !== 'timeout-now';
  const done = handingOver(world, 1_000);
  await world.pass(950);
  t.equal(done.value, undefined);
  await world.pass(100);
  t.equal(done.value, true);
  t.ok(world.leads(1));
});

t.test('an attempt that came to nothing is repeated', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  let lost = 0;
  world.reaches = ({ message }) => {
    if (message.type !== 'timeout-now' || lost > 0) return true;
    lost += 1;
    return false;
  };
  const done = handingOver(world, 5_000);
  await world.pass(2_000);
  t.equal(lost, 1);
  t.equal(done.value, true);
  t.notOk(world.leads(1));
});

t.test('nodes that stop together do not pass leaderships to and fro', async (t) => {
  const world = new HostWorld(t, { groups: 3 });
  const all = [1, 2, 3];
  for (const node of all) await world.elect(node, node);
  await world.pass(200);
  const termsOf = (node: number) =>
    all.map((group) => world.at(node).host.group(group)?.raft.status.term ?? 0);
  const before = Math.max(...all.flatMap(termsOf));
  const handing = all.map((node) => watch(world.at(node).host.handOver(1_000)));
  await world.pass(1_100);
  for (const done of handing) t.ok('value' in done, 'ends');
  const elections = Math.max(...all.flatMap(termsOf)) - before;
  t.ok(elections <= all.length, `${elections} elections of a group`);
});

t.test('under load nothing is lost, and what is refused was not applied', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  const { host } = world.at(1);
  const outcomes = new Map<
    string,
    ReturnType<typeof watch<Awaited<ReturnType<typeof host.propose>>>>
  >();
  const done = handingOver(world, 5_000);
  for (let i = 0; i < 20; i += 1) {
    outcomes.set(`${i}`, watch(host.propose(1, Buffer.from(`${i}`))));
    world.clock.advance(0);
  }
  await world.pass(500);
  t.equal(done.value, true);
  const applied = new Set(world.at(3).stateMachine.texts(1));
  for (const [text, { value }] of outcomes) {
    t.equal(value?.status, applied.has(text) ? 'applied' : 'not-applied', text);
  }
});

t.test('the best follower holds most of the log', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  const group = world.at(1).host.group(1);
  if (group === undefined) throw new Error('the group exists');
  t.equal(bestFollower(group), replicaOf(2), 'the smallest id among equals');
  world.isolate(1, 3);
  void world.at(1).host.propose(1, Buffer.from('x'));
  await world.pump();
  t.equal(bestFollower(group), replicaOf(3));
  const follower = world.at(2).host.group(1);
  t.equal(follower && bestFollower(follower), undefined);
});

t.test('a leadership goes to a voter that is heard', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  await world.pass(200);
  world.reaches = ({ from, to }) => from !== 2 && to !== 2;
  await world.pass(2_500);
  t.ok(world.leads(1), 'with node 3');
  const done = handingOver(world, 2_000);
  await world.pass(2_100);
  t.equal(done.value, true);
  t.notOk(world.leads(1), 'node 3 has all of the log and is heard');
});
