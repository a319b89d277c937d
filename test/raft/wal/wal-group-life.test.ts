/**
 * What happens to a whole group while the log runs: it is born, knows nothing, takes a snapshot,
 * goes, and comes back as somebody else.
 */
import t from 'tap';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import type { Entry } from '../../../src/raft/core/types.js';
import type { Wal, WalBatch } from '../../../src/raft/wal/types.js';
import type { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { NO_CONFIGURATION } from './log-model.js';
import { birth, configuration, EMPTY, entry, opened, settle, setUp, write } from './wal-world.js';

const uninitialised = (group: number, replica: number): WalBatch['created'][number] => ({
  group,
  replica,
  mark: { index: 0, term: 0, configuration: NO_CONFIGURATION },
  hardState: { term: 0, vote: 0, commit: 0 },
});
const mark = (index: number, term = 1) => ({ index, term, configuration });
const snapshot = (group: number, index: number, term = 1): WalBatch => ({
  ...EMPTY,
  writes: [{ group, snapshot: mark(index, term), entries: [] }],
});
const change = (index: number, nextReplica: number): Entry => ({
  ...entry(index),
  kind: 2,
  data: Buffer.from(encodeConfiguration({ ...configuration, nextReplica })),
});

/** Many segments' worth of entries of group 2, compacted at once; old segments go meanwhile. */
async function turnOver(wal: Wal, disk: SimulatedDisk): Promise<void> {
  const before = new Set(disk.paths);
  const [compactedTo, last] = [30, 40];
  for (let round = 0; round < 4; round++) {
    const from = round * last;
    for (let index = from + 1; index <= from + last; index++) {
      await wal.write(write(2, entry(index, 1000)));
      await settle();
    }
    const writes = [{ group: 2, entries: [], compact: mark(from + compactedTo) }];
    await wal.write({ ...EMPTY, writes });
    await settle();
  }
  for (const path of before) t.notOk(disk.paths.includes(path), `${path} is gone`);
}

t.test(
  'D1, D2, sys 19: a snapshot takes its place in the log, over segments and restarts',
  async (t) => {
    const { wal, disk } = await opened();
    await wal.write(write(1, entry(1), change(2, 102), entry(3), change(4, 104), entry(5)));
    await wal.write(snapshot(1, 3));
    t.same(wal.reader(1).entries(4, 6, 1e6), [change(4, 104), entry(5)], 'D1: what follows stays');
    await turnOver(wal, disk);
    await wal.close();

    const again = setUp({}, disk).wal;
    t.match((await again.open()).groups[0], {
      mark: mark(3),
      lastIndex: 5,
      configurations: [{ index: 4, configuration: { nextReplica: 104 } }],
    });
    // One batch: what the leader sent after the snapshot does not fit the log before it.
    const state = { term: 3, vote: 0, commit: 9 };
    const writes = [
      { group: 1, snapshot: mark(9, 2), entries: [entry(10, 5, 3)], hardState: state },
    ];
    await again.write({ ...EMPTY, writes });
    t.equal(again.tailBytes(1), 5);
    t.throws(() => again.reader(1).entries(5, 6, 1), 'D2: the old entries are gone');
    await again.close();

    const last = setUp({}, disk).wal;
    t.match((await last.open()).groups[0], {
      mark: mark(9, 2),
      lastIndex: 10,
      terms: [{ from: 10, term: 3 }],
      configurations: [],
      hardState: state,
    });
    t.same(last.reader(1).entries(10, 11, 1), [entry(10, 5, 3)], 'no gap behind the snapshot');
    await last.close();
  },
);

t.test('G1: a replica that knows nothing keeps its vote when a snapshot comes', async (t) => {
  const { wal, disk } = await opened();
  const voted = { term: 4, vote: 7, commit: 0 };
  await wal.write({
    created: [uninitialised(5, 9)],
    removed: [],
    writes: [{ group: 5, entries: [], hardState: voted }],
  });
  await turnOver(wal, disk);
  await wal.close();
  const again = setUp({}, disk).wal;
  const found = (await again.open()).groups.find(({ group }) => group === 5);
  t.strictSame(found?.mark.configuration, NO_CONFIGURATION);
  t.match(found, { replica: 9, lastIndex: 0, hardState: voted, configurations: [] });
  const snapshotWith = (vote: number): WalBatch => {
    const hardState = { term: 4, vote, commit: 20 };
    return { ...EMPTY, writes: [{ group: 5, snapshot: mark(20, 3), entries: [], hardState }] };
  };
  t.throws(() => again.write(snapshotWith(8)), /votes for 8 after 7/);
  await again.write(snapshotWith(7));
  await again.close();
  const last = (await setUp({}, disk).wal.open()).groups.find(({ group }) => group === 5);
  t.match(last, { mark: mark(20, 3), lastIndex: 20, hardState: { term: 4, vote: 7, commit: 20 } });
});

t.test('G2, sys 26: a removed replica never comes back, its successor does', async (t) => {
  const { wal, disk } = await opened();
  await wal.write(write(1, entry(1), entry(2)));
  await wal.write({
    created: [birth(3)],
    removed: [{ group: 1, minReplica: 2 }],
    writes: [{ group: 2, entries: [], hardState: { term: 2, vote: 1, commit: 0 } }],
  });
  const back = (replica: number): WalBatch => ({ ...EMPTY, created: [uninitialised(1, replica)] });
  t.throws(() => wal.write(back(1)), /replica 1 of group 1 is below 2/);
  t.throws(() => wal.write(write(1, entry(3))), /group 1 is not in the log/);
  t.equal(wal.tailBytes(1), 0);
  await turnOver(wal, disk);
  t.throws(() => wal.write(back(1)), /below 2/, 'the tombstone outlives its segment');
  await wal.write({ ...back(5), writes: snapshot(1, 30).writes });
  await wal.write(write(1, entry(31, 12000)));
  await wal.close();

  const again = setUp({}, disk).wal;
  const { groups, tombstones } = await again.open();
  t.match(groups[0], { group: 1, replica: 5, mark: mark(30), lastIndex: 31 });
  t.same([...tombstones], [[1, 2]], 'it survives the snapshot of its successor, and a restart');
  await again.write({ ...EMPTY, removed: [{ group: 1, minReplica: 6 }] });
  t.throws(() => again.write(back(5)), /replica 5 of group 1 is below 6/);
  // Gone and there again in one batch, with its first entries.
  await again.write({
    created: [uninitialised(1, 6)],
    removed: [{ group: 3, minReplica: 2 }],
    writes: [{ group: 1, snapshot: mark(40, 2), entries: [entry(41, 5, 2)] }],
  });
  await again.close();
  const last = await setUp({}, disk).wal.open();
  t.match(last.groups[0], { group: 1, replica: 6, lastIndex: 41 });
  t.same([...last.tombstones].sort(), [
    [1, 6],
    [3, 2],
  ]);
});
