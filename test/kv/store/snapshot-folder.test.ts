import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { fileError, SnapshotFolder } from '../../../src/kv/store/snapshot-folder.js';
import { realFileSystem } from '../../../src/raft/wal/real-file-system.js';

const snapshot = { index: 7, term: 3, bytes: 4, checksum: 0xab };

async function folderIn(t: Test, names: readonly string[] = []) {
  const dir = t.testdir({ snapshots: Object.fromEntries(names.map((name) => [name, 'x'])) });
  const folder = new SnapshotFolder(dir, realFileSystem());
  await folder.open();
  return { folder, names: () => fs.readdirSync(folder.path).sort() };
}

t.test('what a former process left half done goes, what it received stays', async (t) => {
  const kept = '4-100-7-00c0ffee.db';
  const { folder, names } = await folderIn(t, [
    '1.part',
    '12.part',
    '4-100-7.made',
    kept,
    'readme',
  ]);
  t.same(names(), [kept, 'readme']);
  t.match(folder.received(4, { index: 100, term: 7 }), {
    group: 4,
    checksum: 0xc0ffee,
    path: path.join(folder.path, kept),
  });
  t.equal(folder.received(4, { index: 100, term: 8 }), undefined);
  t.equal(folder.received(5, { index: 100, term: 7 }), undefined);
  t.equal(folder.made(4, { index: 100, term: 7 }), undefined);
});

t.test('a received file is known after a restart by its name alone', async (t) => {
  const { folder, names } = await folderIn(t);
  const part = folder.newPart();
  fs.writeFileSync(part, 'data');
  await folder.keepReceived(part, 2, snapshot);
  t.same(names(), ['2-7-3-000000ab.db']);
  const again = new SnapshotFolder(path.dirname(folder.path), realFileSystem());
  await again.open();
  t.match(again.received(2, snapshot), { checksum: 0xab });
  t.equal(again.receivedOf(2).length, 1);
  t.equal(again.allReceived.length, 1);
});

t.test('the same entry again, with other bytes or the same, replaces the file', async (t) => {
  const { folder, names } = await folderIn(t);
  for (const checksum of [1, 2, 2]) {
    const part = folder.newPart();
    fs.writeFileSync(part, `${checksum}`);
    await folder.keepReceived(part, 2, { ...snapshot, checksum });
  }
  t.same(names(), ['2-7-3-00000002.db']);
  t.equal(folder.receivedOf(2).length, 1);
  const received = folder.received(2, snapshot);
  if (received !== undefined) await folder.removeReceived(received);
  t.same(names(), []);
  t.equal(folder.received(2, snapshot), undefined);
});

t.test('made files have their own names, and are removed once', async (t) => {
  const { folder, names } = await folderIn(t);
  const part = folder.newPart();
  fs.writeFileSync(part, 'data');
  t.same(await folder.keepMade(part, 2, snapshot), snapshot);
  t.same(names(), ['2-7-3.made']);
  const [made] = folder.madeOf(2);
  if (made === undefined) throw new Error('it was made');
  fs.rmSync(made.path);
  await folder.removeMade(made);
  await folder.removeMade(made);
  t.equal(folder.made(2, snapshot), undefined);
});

t.test('what the disk says is told with the file, and with a code to branch on', async (t) => {
  const coded = (code: string) => Object.assign(new Error('no'), { code });
  t.match(fileError(coded('ENOENT'), 'f'), { code: 'missing', message: 'f: no' });
  t.match(fileError(coded('ENOSPC'), 'f'), { code: 'full' });
  t.match(fileError(coded('SQLITE_FULL'), 'f'), { code: 'full' });
  t.match(fileError(coded('EIO'), 'f'), { code: 'io' });
  t.match(fileError('odd', 'f'), { code: 'io', message: 'f: odd' });
  const own = fileError(coded('EIO'), 'f');
  t.equal(fileError(own, 'g'), own);
});
