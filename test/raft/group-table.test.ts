/** The groups of a node. */
import t, { type Test } from 'tap';
import { GroupTable } from '../../src/raft/group-table.js';
import { HostWorld, replicaOf } from './host-world.js';

function three(t: Test) {
  const { host } = new HostWorld(t, { groups: 3 }).at(1);
  const table = new GroupTable();
  const groups = [...host.groups()];
  for (const group of groups) table.add(group);
  table.takeDirty();
  return { table, groups };
}

t.test('whoever got something is stepped once, then is clean', async (t) => {
  const { table, groups } = three(t);
  const [one, two] = groups;
  if (one === undefined || two === undefined) throw new Error('there are three');
  t.notOk(table.someDirty);
  table.give(two, { kind: 'wake' });
  table.touch(one);
  table.give(two, { kind: 'wake' });
  t.same(
    table.takeDirty().map(({ id }) => id),
    [2, 1],
  );
  t.notOk(table.someDirty);
  t.equal(two.inboxLength, 2);
});

t.test('a removed group is gone from everywhere', async (t) => {
  const { table, groups } = three(t);
  const [one] = groups;
  if (one === undefined) throw new Error('there are three');
  table.touch(one);
  table.remove(one);
  t.equal(table.get(1), undefined);
  t.notOk(table.has(one));
  t.same(table.takeDirty(), []);
  table.tick(1, 0);
  t.equal(one.inboxLength, 0, 'time does not pass for it');
  t.equal([...table.values()].length, 2);
});

t.test('all groups with a member on a lost node are told', async (t) => {
  const { table, groups } = three(t);
  table.unreachable(2, 12);
  t.equal(table.takeDirty().length, 3);
  t.same(
    groups.map(({ inboxLength }) => inboxLength),
    [1, 1, 1],
  );
  table.unreachable(9, 12);
  t.notOk(table.someDirty, `nobody lives there, replica ${replicaOf(9)} is unknown`);
});
