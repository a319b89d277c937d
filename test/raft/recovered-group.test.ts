/** From what the log holds of a group to its core, and what its state needs first. */
import t, { type Test } from 'tap';
import { ImpossibleInput } from '../../src/raft/core/impossible-input.js';
import { defaultLimits, defaultTiming } from '../../src/raft/core/options.js';
import type { HostOptions } from '../../src/raft/host-options.js';
import { recoveredGroup } from '../../src/raft/recovered-group.js';
import { FakeStateMachine } from './fake-state-machine.js';
import { FakeWal } from './fake-wal.js';
import { configurationOf } from './host-world.js';

function world(_t: Test, markIndex: number) {
  const stateMachine = new FakeStateMachine();
  const wal = new FakeWal();
  const [raftTiming, raftLimits] = [defaultTiming, defaultLimits];
  const options = { stateMachine, wal, random: () => 0.5, raftTiming, raftLimits };
  const found = {
    group: 1,
    replica: 12,
    mark: { index: markIndex, term: markIndex === 0 ? 0 : 3, configuration: configurationOf(3) },
    hardState: { term: 4, vote: 11, commit: markIndex },
    ...{ lastIndex: markIndex, terms: [], configurations: [] },
  };
  const start = () => recoveredGroup(found, options as unknown as HostOptions);
  return { stateMachine, start };
}

t.test('a state that has what the log lacks needs nothing', async (t) => {
  const { start } = world(t, 0);
  const { raft, install, damaged } = start();
  t.match(raft.status, { self: 12, term: 4, vote: 11, installing: false });
  t.notOk(install || damaged);
});

t.test('a mark ahead of the state: its file is installed', async (t) => {
  const { stateMachine, start } = world(t, 50);
  stateMachine.snapshots.received.set('1-50-3', Buffer.from('[]'));
  const { raft, install, damaged } = start();
  t.ok(install);
  t.notOk(damaged);
  t.ok(raft.installing);
});

t.test('a state that is known to be incomplete, without a file: asked for anew', async (t) => {
  const { stateMachine, start } = world(t, 50);
  stateMachine.setWhole(1, false);
  const { raft, install, damaged } = start();
  t.notOk(install);
  t.ok(damaged);
  t.match(raft.status, { term: 4, vote: 11, installing: true }, 'its promises stay');
});

t.test('C15: a whole state that ends before the log begins', async (t) => {
  const { start } = world(t, 50);
  t.throws(start, ImpossibleInput);
  t.throws(start, /group 1: its state ends at 0, its log begins after 50/);
});
