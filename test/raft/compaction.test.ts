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
  const compaction = new Compaction(wal, stateMachine, { groupTailBytesMax: 1_000 });
  const marks = () => {
    const groups = new Map([...host.groups()].map((group) => [group.id, group]));
    return compaction
      .candidates(groups)
      .map((group) => [group.id, compaction.mark(group)?.index ?? 0]);
  };
  return { wal, stateMachine, marks, compaction, host };
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
  t.same(marks(), [[1, 0]], 'handed out once; the log may still be writing it');
});

t.test('never beyond what the state holds durably', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 100);
  wal.tails.set(1, 1_001);
  t.same(marks(), [[1, 0]], 'nothing is durable');
  stateMachine.durables.set(1, 7);
  t.same(marks(), [[1, 7]]);
  wal.pressed = [{ group: 1, upTo: 90 }];
  t.same(marks(), [[1, 0]], 'pressure of the whole log changes nothing about that');
  stateMachine.durables.set(1, 95);
  t.same(marks(), [[1, 90]], 'it takes as much as is asked for, within it');
});

t.test('durable but not applied, as the core counts, waits', async (t) => {
  const { wal, stateMachine, marks } = await filled(t, 10);
  stateMachine.durables.set(1, 1_000);
  wal.pressed = [{ group: 1, upTo: 1_000 }];
  t.same(marks(), [[1, 10]]);
});

t.test('a mark carries the term and the configuration of its entry', async (t) => {
  const { wal, stateMachine, compaction, host } = await filled(t, 10);
  stateMachine.durables.set(1, 10);
  wal.tails.set(1, 1_001);
  const group = host.group(1);
  if (group === undefined) throw new Error('the group exists');
  compaction.candidates(new Map([[1, group]]));
  t.match(compaction.mark(group), { index: 5, term: 1, configuration: { voters: [{ node: 1 }] } });
});
