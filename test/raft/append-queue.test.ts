/** The queue in front of the log: order, batch size, marks. */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { AppendQueue, isEmpty } from '../../src/raft/append-queue.js';
import type { Append, Entry } from '../../src/raft/core/types.js';
import { configurationOf, HostWorld } from './host-world.js';

function entry(index: number, bytes: number): Entry {
  return { index, term: 1, kind: 1, data: new Uint8Array(bytes) };
}

function append(token: number, ...sizes: number[]): Append {
  // biome-ignore lint/suspicious/noThenProperty: never awaited; the core's name for it
  return { token, entries: sizes.map((bytes, i) => entry(i + 1, bytes)), then: [] };
}

function twoGroups(t: Test) {
  const { host } = new HostWorld(t, { groups: 2 }).at(1);
  const [one, two] = [host.group(1), host.group(2)];
  if (one === undefined || two === undefined) throw new Error('two groups were made');
  return { one, two };
}

t.test('appends leave in the order they came, for all groups together', async (t) => {
  const { one, two } = twoGroups(t);
  const queue = new AppendQueue();
  t.ok(queue.empty);
  queue.push(one, append(1, 10));
  queue.push(two, append(1, 10));
  queue.push(one, append(2, 10));
  t.equal(queue.length, 3);
  const batch = queue.take(1_000);
  t.same(
    batch.wal.writes.map(({ group }) => group),
    [1, 2, 1],
  );
  t.same(
    batch.appends.map((queued) => queued.append.token),
    [1, 1, 2],
  );
  t.ok(queue.empty);
});

t.test('an append with nothing to write keeps its place and writes nothing', async (t) => {
  const { one } = twoGroups(t);
  const queue = new AppendQueue();
  queue.push(one, append(1));
  queue.push(one, { ...append(2), hardState: { term: 2, vote: 0, commit: 0 } });
  const batch = queue.take(1_000);
  t.equal(batch.appends.length, 2);
  t.same(batch.wal.writes, [{ group: 1, entries: [], hardState: { term: 2, vote: 0, commit: 0 } }]);
});

t.test(
  'a batch ends before the append that would exceed it; a larger one travels alone',
  async (t) => {
    const { one } = twoGroups(t);
    const queue = new AppendQueue();
    queue.push(one, append(1, 600));
    queue.push(one, append(2, 300, 100));
    queue.push(one, append(3, 1));
    queue.push(one, append(4, 5_000));
    queue.push(one, append(5, 1));
    const tokens = [];
    while (!queue.empty) {
      tokens.push(queue.take(1_000).appends.map((queued) => queued.append.token));
    }
    t.same(tokens, [[1, 2], [3], [4], [5]]);
  },
);

t.test('marks go with the next batch, the newest of a group only', async (t) => {
  const { one, two } = twoGroups(t);
  const queue = new AppendQueue();
  const mark = (index: number) => ({ index, term: 1, configuration: configurationOf(3) });
  queue.compact(one, mark(5));
  queue.compact(two, mark(6));
  queue.compact(one, mark(7));
  t.notOk(queue.empty);
  const batch = queue.take(1_000);
  t.same(batch.appends, []);
  t.same(
    batch.wal.writes.map(({ group, compact }) => [group, compact?.index]),
    [
      [1, 7],
      [2, 6],
    ],
  );
  t.equal(batch.compactions.length, 2);
  t.ok(queue.empty);
});

t.test('a removed group writes nothing any more but its tombstone', async (t) => {
  const { one, two } = twoGroups(t);
  const queue = new AppendQueue();
  const mark = { index: 5, term: 1, configuration: configurationOf(3) };
  queue.push(one, append(1, 10));
  queue.push(two, append(1, 10));
  queue.compact(one, mark);
  queue.remove(1, 12);
  const hardState = { term: 0, vote: 0, commit: 0 };
  queue.create({ group: 3, replica: 4, mark, hardState });
  const batch = queue.take(1_000);
  t.same(batch.wal.removed, [{ group: 1, minReplica: 12 }]);
  t.same(batch.wal.created, [{ group: 3, replica: 4, mark, hardState }]);
  t.same(
    batch.wal.writes.map(({ group }) => group),
    [2],
  );
  t.same(batch.compactions, []);
  t.ok(queue.empty);
  t.ok(isEmpty(queue.take(1_000).wal));
});

t.test('the mark of a snapshot goes with its append', async (t) => {
  const { one } = twoGroups(t);
  const queue = new AppendQueue();
  const snapshot = { index: 5, term: 1, configuration: configurationOf(3) };
  queue.push(one, { ...append(1), snapshot });
  t.same(queue.take(1_000).wal.writes, [{ group: 1, entries: [], snapshot }]);
});

t.test('nothing is lost, repeated or overtaken, whatever the sizes', async (t) => {
  const { one } = twoGroups(t);
  const sizes = fc.array(fc.nat(400), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 1_000 }), (bytes, bytesMax) => {
      const queue = new AppendQueue();
      bytes.forEach((size, i) => {
        queue.push(one, append(i, size));
      });
      const seen: number[] = [];
      while (!queue.empty) {
        const { appends, wal } = queue.take(bytesMax);
        const total = wal.writes.reduce(
          (sum, { entries }) => sum + (entries[0]?.data.length ?? 0),
          0,
        );
        if (appends.length !== 1 && total > bytesMax) return false;
        seen.push(...appends.map((queued) => queued.append.token));
      }
      return seen.length === bytes.length && seen.every((token, i) => token === i);
    }),
  );
});
