import t from 'tap';
import { frameSeed } from '../../../src/raft/wal/format.js';
import { FrameKind } from '../../../src/raft/wal/frame.js';
import { FrameScanner, readOrFail } from '../../../src/raft/wal/frame-scanner.js';
import { FrameWriter } from '../../../src/raft/wal/frame-writer.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';

const SIZE = 4 * 1024 * 1024;
const seed = frameSeed({ id: 1, capacityBytes: SIZE, salt: 5 });

function frame(sequence: number, dataBytes: number, previousBytes = 0): Uint8Array {
  const writer = new FrameWriter(64);
  writer.begin();
  writer.entry(1, 1, {
    index: sequence,
    term: 1,
    kind: 1,
    data: new Uint8Array(dataBytes).fill(3),
  });
  writer.finish(FrameKind.batch, { sequence, previousBytes }, seed);
  return writer.bytes.slice(0, writer.length);
}

async function file(disk: SimulatedDisk, parts: [number, Uint8Array][]) {
  const bytes = new Uint8Array(SIZE);
  for (const [offset, part] of parts) bytes.set(part, offset);
  disk.place('d/1', bytes);
  return new FrameScanner(await disk.open('d/1', 'read'), SIZE, seed);
}

t.test('reads frames one after the other, also larger than its window', async (t) => {
  const large = frame(2, 3 * 1024 * 1024);
  const scanner = await file(new SimulatedDisk(), [
    [4096, frame(1, 40)],
    [4192, large],
    [4192 + large.length, frame(3, 10)],
  ]);
  t.match(await scanner.frameAt(4096), { header: { sequence: 1 }, bytes: 96, offset: 4096 });
  t.match(scanner.frameAtHand(4096), { header: { sequence: 1 } });
  t.equal(scanner.frameAtHand(4192), undefined, 'not in memory');
  t.match(await scanner.frameAt(4192), { header: { sequence: 2 }, bytes: large.length });
  t.match(await scanner.frameAt(4192 + large.length), { header: { sequence: 3 } });
  t.equal(await scanner.frameAt(SIZE - 8), undefined, 'no room for a frame');
});

t.test('finds the next valid frame wherever it is', async (t) => {
  const far = 2 * 1024 * 1024 + 8;
  // A header that promises more than there is, right before the window ends.
  const liar = frame(9, 40);
  new DataView(liar.buffer).setUint32(4, 1024 * 1024, true);
  const scanner = await file(new SimulatedDisk(), [
    [1024 * 1024 - 16, liar],
    [far, frame(10, 40)],
    [SIZE - 96, frame(11, 40)],
  ]);
  t.equal((await scanner.nextFrame(4096, 5))?.offset, far);
  t.equal((await scanner.nextFrame(far, 10))?.offset, far, 'at once');
  t.equal((await scanner.nextFrame(far + 8, 5))?.offset, SIZE - 96, 'at the very end');
  t.equal((await scanner.nextFrame(4096, 11))?.offset, SIZE - 96, 'not older ones');
  t.equal(await scanner.nextFrame(4096, 12), undefined);
});

t.test('a frame of another segment is not one', async (t) => {
  const disk = new SimulatedDisk();
  await file(disk, [[4096, frame(1, 40)]]);
  const other = frameSeed({ id: 1, capacityBytes: SIZE, salt: 6 });
  const scanner = new FrameScanner(await disk.open('d/1', 'read'), SIZE, other);
  t.equal(await scanner.frameAt(4096), undefined);
  t.match(await scanner.headerAt(4096), { sequence: 1 });
  t.equal(await scanner.nextFrame(4096, 1), undefined);
});

t.test('an error of the disk names the place', async (t) => {
  const disk = new SimulatedDisk();
  disk.place('d/1', new Uint8Array(10));
  const opened = await disk.open('d/1', 'read');
  disk.fault = () => 'EIO';
  const reading = readOrFail(opened, new Uint8Array(4), 4, 6);
  await t.rejects(reading, { code: 'wal_read_failed', file: 'd/1', offset: 6 });
});
