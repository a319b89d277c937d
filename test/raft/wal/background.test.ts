import t from 'tap';
import { inlineWorker, runJob } from '../../../src/raft/wal/background.js';
import { decodeSegmentHeader, FORMAT_VERSION } from '../../../src/raft/wal/format.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';

const header = { id: 2, capacityBytes: 16384, salt: 9 };
const stored = { version: FORMAT_VERSION, ...header };
const prepare = { kind: 'prepare', folder: 'd', header } as const;

t.test('a segment appears whole, in zeros, with its header', async (t) => {
  const disk = new SimulatedDisk();
  await inlineWorker(disk).run(prepare);
  t.same(disk.paths, ['d/000000000002.wal']);
  const bytes = disk.contentOf('d/000000000002.wal');
  t.equal(bytes.length, 16384);
  t.same(decodeSegmentHeader(bytes), stored);
  t.ok(bytes.subarray(64).every((byte) => byte === 0));
});

t.test('a recycled file keeps its size and its old bytes', async (t) => {
  const disk = new SimulatedDisk();
  disk.place('d/000000000001.wal', new Uint8Array(16384).fill(7));
  disk.place('d/prepare.tmp', new Uint8Array(3));
  await runJob(disk, { ...prepare, recycle: '000000000001.wal' });
  t.same(disk.paths, ['d/000000000002.wal']);
  t.same(decodeSegmentHeader(disk.contentOf('d/000000000002.wal')), stored);
  t.equal(disk.contentOf('d/000000000002.wal')[5000], 7);
});

t.test('I2, I6: whenever the power goes, a name leads to a whole segment', async (t) => {
  for (const recycle of [undefined, '000000000001.wal']) {
    const disk = new SimulatedDisk();
    const old = new Uint8Array(16384).fill(7);
    if (recycle !== undefined) disk.place(`d/${recycle}`, old);
    const images: SimulatedDisk[] = [];
    disk.beforeOperation = () => {
      for (let seed = 0; seed < 20; seed++) images.push(disk.powerCut(seed));
    };
    await runJob(disk, recycle === undefined ? prepare : { ...prepare, recycle });
    t.ok(images.length > 80);
    for (const image of images) {
      for (const path of image.paths) {
        const bytes = image.contentOf(path);
        if (path.endsWith('2.wal')) t.same(decodeSegmentHeader(bytes), stored);
        if (path.endsWith('1.wal')) t.equal(Buffer.compare(bytes, old), 0, 'untouched');
      }
    }
  }
});

t.test('a full disk leaves nothing behind', async (t) => {
  const disk = new SimulatedDisk({ capacityBytes: 10000 });
  await t.rejects(runJob(disk, prepare), { code: 'ENOSPC' });
  t.same(disk.paths, []);
});

t.test('removing is durable', async (t) => {
  const disk = new SimulatedDisk();
  disk.place('d/a', new Uint8Array(1));
  await runJob(disk, { kind: 'remove', folder: 'd', fileName: 'a' });
  for (let seed = 0; seed < 10; seed++) t.same(disk.powerCut(seed).paths, []);
  await t.rejects(runJob(disk, { kind: 'remove', folder: 'd', fileName: 'a' }), { code: 'ENOENT' });
});
