/**
 * A log that an older version wrote is read, and is then refused by that version by name.
 *
 * `fixtures/version-1.txt` is what the last Kvorum of format version 1 left on its disk.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { dump } from '../../../src/raft/wal/dump.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { EMPTY, entry, setUp, write } from './wal-world.js';

const fixture = new URL('../../../../test/raft/wal/fixtures/version-1.txt', import.meta.url);

function versionOne(): SimulatedDisk {
  const disk = new SimulatedDisk();
  for (const line of readFileSync(fixture, 'utf8').split('\n')) {
    const [, name, bytes, header = '', frames = ''] =
      /^(\S+\.wal) (\d+): (\S+) (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const file = Buffer.alloc(Number(bytes));
    file.set(Buffer.from(header, 'hex'), 0);
    file.set(Buffer.from(frames === '-' ? '' : frames, 'hex'), 4096);
    disk.place(`node/wal/${name}`, file);
  }
  return disk;
}

const segments = { segmentBytes: 8192, logBytesMax: 4 * 8192 };
const member = (node: number, replica: number) => ({ node, replica });
/** The fixture does not say it: greater than any id that it names. */
const nextReplica = 8;
const configuration = {
  voters: [member(1, 1), member(2, 2), member(3, 3)],
  outgoing: [],
  learners: [member(4, 7)],
  learnersNext: [],
  autoLeave: false,
  nextReplica,
};

async function versions(disk: SimulatedDisk): Promise<number[]> {
  const found: number[] = [];
  for await (const item of dump(disk, 'node/wal')) {
    if (item.item === 'segment') found.push(item.version);
  }
  return found;
}

t.test('a log of version 1 is read, with the replica ids that it implies', async (t) => {
  const disk = versionOne();
  t.same(await versions(disk), [1, 1, 1, 1]);
  const { wal } = setUp(segments, disk);
  const { groups, tombstones } = await wal.open();
  t.strictSame(groups, [
    {
      group: 1,
      replica: 2,
      hardState: { term: 2, vote: 3, commit: 3 },
      mark: { index: 1, term: 1, configuration },
      lastIndex: 4,
      terms: [
        { from: 2, term: 1 },
        { from: 4, term: 2 },
      ],
      configurations: [],
    },
  ]);
  t.same([...tombstones], [[9, 5]]);
  const [first, , last] = wal.reader(1).entries(2, 5, 1e6);
  t.equal(Buffer.from(first?.data ?? []).toString(), 'first');
  t.equal(Buffer.from(last?.data ?? []).toString(), 'second');
  await wal.close();
});

t.test('what may be written to says version 2, whenever the power goes', async (t) => {
  const disk = versionOne();
  const images: SimulatedDisk[] = [];
  disk.beforeOperation = ({ kind }) => {
    if (kind !== 'read') images.push(disk.powerCut(images.length), disk.processKill(1));
  };
  const { wal } = setUp(segments, disk);
  const { groups } = await wal.open();
  await wal.write({
    ...EMPTY,
    writes: [{ group: 1, snapshot: { index: 9, term: 2, configuration }, entries: [] }],
  });
  await wal.close();
  disk.beforeOperation = undefined;
  // A segment that is only read stays as it is; the first one was not needed any more.
  t.same(await versions(disk), [1, 2, 2]);
  t.ok(images.length > 10);
  for (const image of images) {
    const again = setUp(segments, image).wal;
    const found = (await again.open()).groups;
    if (found[0]?.mark.index !== 9) t.strictSame(found, groups);
    t.same((await versions(image)).slice(-2), [2, 2]);
    await again.write(write(1, entry((found[0]?.lastIndex ?? 0) + 1, 5000, 2)));
    await again.close();
  }
});
