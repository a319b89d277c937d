import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { Segment, SegmentList } from '../../../src/raft/wal/segment-list.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';

async function segment(id: number): Promise<Segment> {
  const file = await new SimulatedDisk().open(`d/${id}`, 'create');
  return new Segment({ id, capacityBytes: 8192, salt: 1 }, file);
}

t.test('I3: goes from the front only, and never the one being written', async (t) => {
  const list = new SegmentList();
  for (const id of [3, 4, 5]) list.push(await segment(id));
  list.used(3, 10, 1, 1);
  list.used(4, 10, 1, 2);
  t.equal(list.shift(), undefined);
  list.freed(4, 10);
  t.equal(list.shift(), undefined, '4 is empty, but 3 is in front of it');
  list.freed(3, 10);
  t.equal(list.shift()?.id, 3);
  t.equal(list.shift()?.id, 4);
  t.equal(list.shift(), undefined, '5 is being written');
  t.equal(list.totalBytes, 8192);
  t.equal(list.byId(5).id, 5);
  t.throws(() => list.byId(4), InvariantViolation);
});

t.test('ids are consecutive, and nothing is freed twice', async (t) => {
  const list = new SegmentList();
  list.push(await segment(1));
  const third = await segment(3);
  t.throws(() => list.push(third), InvariantViolation);
  t.throws(() => list.freed(1, 1), InvariantViolation);
});

t.test('remembers how far each group went', async (t) => {
  const list = new SegmentList();
  list.push(await segment(1));
  list.used(1, 5, 7, 10);
  list.used(1, 5, 7, 4);
  t.same([...list.byId(1).lastIndexes], [[7, 10]]);
  t.equal(list.liveBytes, 2 * 40);
});
