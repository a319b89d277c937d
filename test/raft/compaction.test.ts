/** How much of a log may go: never what the state does not hold durably. */
import t, { type Test } from 'tap';
import { Compaction } from '../../src/raft/compaction.js';
import { HostWorld } from './host-world.js';

async function filled(t: Test, entries: number) {
  const world = new HostWorld(t, { nodes: 1, groups: 2 });
  const { host, wal, stateMachine } = world.at(1);
  await world.elect(1);
  for (let i = 1; i < entries; i += 1) void host.propose(1, Buffer.from(`${i}`));
  await world.pump();
  const compaction = new Compaction({
    ...{ wal, stateMachine, clock: world.clock, random: () => 0.5 },
    limits: { groupTailBytesMax: 1_000, nodeTailBytesMax: 1_500, tailAgeMs: 8_000 },
    pinned: (group) => pins.get(group),
    unpin: (group) => pins.delete(group),
  });
  const pins = new Map<number, number>();
  const marks = () =>
    compaction.marks(host.groups()).map(({ group, mark }) => [group.id, mark.index]);
  return { world, wal, stateMachine, marks, compaction, host, pins };
}

t.test('a log within its limits is left alone', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 100);
  stateMachine.durables.set(1, 100);
  wal.tails.set(1, 1_000);
  t.same(marks(), []);
});

t.test('over the tail limit half of it goes, and half again once that is gone', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 100);
  stateMachine.durables.set(1, 100);
  wal.tails.set(1, 1_001);
  t.same(marks(), [[1, 50]]);
  t.same(marks(), [], 'handed out once; the log may still be writing it');
});

t.test('never beyond what the state holds durably', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 100);
  wal.tails.set(1, 1_001);
  t.same(marks(), [], 'nothing is durable');
  stateMachine.durables.set(1, 7);
  t.same(marks(), [[1, 7]]);
  wal.pressed = [{ group: 1, upTo: 90 }];
  t.same(marks(), [], 'pressure of the whole log changes nothing about that');
  stateMachine.durables.set(1, 95);
  t.same(marks(), [[1, 90]], 'it takes as much as is asked for, within it');
});

t.test('durable but not applied, as the core counts, waits', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 10);
  stateMachine.durables.set(1, 1_000);
  wal.tails.set(1, 1);
  wal.pressed = [{ group: 1, upTo: 1_000 }];
  t.same(marks(), [[1, 10]]);
});

t.test('a mark carries the term and the configuration of its entry', async (t) => {
  const { wal, stateMachine, compaction, host } = await filled(t, 10);
  stateMachine.durables.set(1, 10);
  wal.tails.set(1, 1_001);
  const [found] = compaction.marks(host.groups());
  t.match(found?.mark, { index: 5, term: 1, configuration: { voters: [{ node: 1 }] } });
});

t.test(
  'D11, G9: entries go when the state has held them long enough, also in silence',
  async (t) => {
    const { world, wal, stateMachine, marks } = await filled(t, 100);
    wal.tails.set(1, 10);
    stateMachine.durables.set(1, 60);
    t.same(marks(), []);
    world.clock.advance(7_999);
    t.same(marks(), []);
    world.clock.advance(1);
    t.same(marks(), [[1, 60]]);
    stateMachine.durables.set(1, 100);
    t.same(marks(), []);
    world.clock.advance(8_000);
    t.same(marks(), [[1, 100]]);
  },
);

t.test('the largest tails give first when the node holds too much', async (t) => {
  const { world, wal, stateMachine, marks, host } = await filled(t, 100);
  await world.elect(1, 2);
  for (let i = 1; i < 100; i += 1) void host.propose(2, Buffer.from(`${i}`));
  await world.pump();
  for (const group of [1, 2]) stateMachine.durables.set(group, 100);
  wal.tails.set(1, 800);
  wal.tails.set(2, 700);
  t.same(marks(), [], 'together they are within the limit');
  wal.tails.set(1, 900);
  t.same(marks(), [[1, 50]]);
});

t.test('a snapshot on its way pins what follows it, but not for ever', async (t) => {
  const { wal, stateMachine, marks, pins } = await filled(t, 100);
  stateMachine.durables.set(1, 100);
  wal.pressed = [{ group: 1, upTo: 90 }];
  pins.set(1, 40);
  wal.tails.set(1, 2_000);
  t.same(marks(), [[1, 40]]);
  wal.tails.set(1, 2_001);
  t.same(marks(), [[1, 90]], 'the pin costs too much');
  t.notOk(pins.has(1));
});
