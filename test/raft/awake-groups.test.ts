/** Who is ticked, and how sleepers are woken. */
import t from 'tap';
import { AwakeGroups } from '../../src/raft/awake-groups.js';
import type { Group } from '../../src/raft/group.js';

const group = (id: number, quiet: boolean) => ({ id, raft: { quiet } }) as unknown as Group;

t.test('quiet groups are not among those that time passes for', async (t) => {
  const awake = new AwakeGroups();
  const [one, two] = [group(1, false), group(2, true)];
  awake.update(one);
  awake.update(two);
  t.same([...awake], [one]);
  t.equal(awake.size, 1);
  t.notOk(awake.has(two));
  Object.assign(two.raft, { quiet: false });
  awake.update(two);
  t.ok(awake.has(two));
  awake.remove(one);
  t.same([...awake], [two]);
});

t.test('G7: many wake one after another, within the time that was given', async (t) => {
  const awake = new AwakeGroups();
  const many = Array.from({ length: 1_000 }, (_, i) => ({ group: group(i, true), replica: 7 }));
  awake.wakeWithin(12, many);
  const perTick = [];
  for (let tick = 0; tick < 13; tick += 1) perTick.push(awake.takeDue().length);
  t.equal(Math.max(...perTick), 84);
  t.equal(
    perTick.reduce((sum, count) => sum + count),
    1_000,
  );
  t.equal(perTick[12], 0, 'all are awake by then');
});

t.test('a removed group is not woken', async (t) => {
  const awake = new AwakeGroups();
  const [one, two] = [group(1, true), group(2, true)];
  awake.wakeWithin(1, [
    { group: one, replica: 7 },
    { group: two, replica: 8 },
  ]);
  awake.remove(one);
  t.same(awake.takeDue(), [{ group: two, replica: 8 }]);
});
