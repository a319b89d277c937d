/** The contract suite has what a sink accepts and refuses; here is what a disk can do to it. */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import type { CheckedFile } from '../../../src/kv/store/snapshot-file.js';
import { SnapshotFolder } from '../../../src/kv/store/snapshot-folder.js';
import { piecesMax, SnapshotReceiver } from '../../../src/kv/store/snapshot-receiver.js';
import { SnapshotError } from '../../../src/raft/snapshots/snapshot-error.js';
import { ForgetfulFiles } from './power-cut.js';

async function receiving(t: Test, bytes: Buffer) {
  const files = new ForgetfulFiles();
  const folder = new SnapshotFolder(t.testdir(), files);
  await folder.open();
  const ended: SnapshotReceiver[] = [];
  const changes: string[] = [];
  files.onChange = (what) => changes.push(what);
  const world = {
    check: async (file: string): Promise<CheckedFile> => {
      const content = fs.readFileSync(file);
      return { bytes: content.length, checksum: crc32(content) } as CheckedFile;
    },
    verify: () => {},
  };
  const receiver = await SnapshotReceiver.begin({
    folder,
    group: 1,
    snapshot: { index: 5, term: 2, bytes: bytes.length, checksum: crc32(bytes) },
    check: (file) => world.check(file),
    verify: () => world.verify(),
    onEnd: (each) => ended.push(each),
  });
  return {
    receiver,
    files,
    folder,
    ended,
    changes,
    world,
    names: () => fs.readdirSync(folder.path),
  };
}

const bytes = Buffer.alloc(10 * 1024 * 1024, 'kvorum ');
const piece = (at: number, length = 256 * 1024) => bytes.subarray(at, at + length);

t.test('synced on the way, then as a whole, and only then named', async (t) => {
  const { receiver, changes, ended, names } = await receiving(t, bytes);
  for (let at = 0; at < bytes.length; at += 256 * 1024) await receiver.write(at, piece(at));
  t.equal(changes.filter((what) => what === 'datasync').length, 2, 'every 4 MiB');
  await receiver.finish();
  t.same(changes.slice(-3), ['datasync', 'rename', 'syncFolder']);
  t.same(ended, [receiver]);
  t.same(names(), [`1-5-2-${crc32(bytes).toString(16).padStart(8, '0')}.db`]);
  await receiver.abort();
  t.equal(names().length, 1, 'an abort after the end undoes nothing');
});

t.test('D10: a hole is told by its place, also when zeros happen to be right', async (t) => {
  const zeros = Buffer.alloc(1000);
  const { receiver, names } = await receiving(t, zeros);
  await receiver.write(0, zeros.subarray(0, 400));
  await receiver.write(500, zeros.subarray(500));
  const message = /nothing was received at byte 400/;
  await t.rejects(receiver.finish(), { code: 'refused', message });
  t.same(names(), []);
});

t.test('a disk that fails is told, and nothing is left', async (t) => {
  const { receiver, files, names, ended } = await receiving(t, bytes.subarray(0, 1000));
  files.onChange = (what) => {
    if (what === 'datasync') throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  };
  await receiver.write(0, bytes.subarray(0, 1000));
  await t.rejects(receiver.finish(), { name: 'SnapshotError', code: 'io' });
  t.same(names(), []);
  t.equal(ended.length, 1);
});

t.test('a full disk is called that', async (t) => {
  const { receiver, files } = await receiving(t, bytes.subarray(0, 1000));
  files.onChange = () => {
    throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
  };
  await t.rejects(receiver.write(0, bytes.subarray(0, 10)), { code: 'full' });
  files.onChange = () => {};
  await receiver.abort();
});

t.test('a file that checks out but is not the right one is not kept', async (t) => {
  const { receiver, world, names } = await receiving(t, bytes.subarray(0, 1000));
  world.verify = () => {
    throw new SnapshotError('refused', 'of another cluster');
  };
  await receiver.write(0, bytes.subarray(0, 1000));
  await t.rejects(receiver.finish(), { code: 'refused', message: 'of another cluster' });
  t.same(names(), []);
});

t.test('an abort waits for the write in progress; its descriptor may be used anew', async (t) => {
  const { receiver, names } = await receiving(t, bytes);
  const writing = receiver.write(0, piece(0, 5 * 1024 * 1024));
  await receiver.abort();
  await writing;
  await t.rejects(receiver.write(0, piece(0)), { code: 'abandoned' });
  t.same(names(), []);
});

t.test('pieces that are scattered without end are refused', async (t) => {
  const { receiver } = await receiving(t, bytes);
  for (let at = 0; at < piecesMax; at += 1) await receiver.write(at * 1000, piece(0, 10));
  await t.rejects(receiver.write(piecesMax * 1000, piece(0, 10)), { code: 'refused' });
  await receiver.abort();
});
