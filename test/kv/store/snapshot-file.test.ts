import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { checkSnapshot, SnapshotReader, sumOf } from '../../../src/kv/store/snapshot-file.js';
import { makeSnapshot } from '../../../src/kv/store/snapshot-maker.js';
import { fill } from '../../contracts/store-snapshots.js';
import { opened } from './sqlite-stores.js';

async function made(t: Test): Promise<string> {
  const { dir, store } = await opened(t);
  fill(store);
  const target = path.join(dir, 'x.part');
  const request = { stateFile: store.file, target, group: 1, timeMsMax: 1000 };
  makeSnapshot(request, { nowMs: () => 0, aborted: () => false });
  return target;
}

t.test('a file is checked with its sum and its header', async (t) => {
  const file = await made(t);
  const bytes = fs.readFileSync(file);
  t.same(sumOf(file), { bytes: bytes.length, checksum: crc32(bytes) });
  const checked = checkSnapshot(file);
  t.match(checked, { ...sumOf(file), header: { shard: { applied: 12 }, rows: 4 } });
});

t.test('the sum of a file larger than what is read at once', async (t) => {
  const file = path.join(t.testdir(), 'large');
  const bytes = Buffer.alloc(2 * 1024 * 1024 + 777, 'some ');
  fs.writeFileSync(file, bytes);
  t.same(sumOf(file), { bytes: bytes.length, checksum: crc32(bytes) });
});

t.test('reading changes nothing and leaves nothing beside the file', async (t) => {
  const file = await made(t);
  const before = fs.readFileSync(file);
  const reader = new SnapshotReader(file);
  const ids: number[] = [];
  for (let row = reader.next(); row !== undefined; row = reader.next()) ids.push(row.id);
  t.same(
    ids,
    [...ids].sort((a, b) => a - b),
  );
  t.equal(reader.next(), undefined);
  reader.close();
  t.ok(fs.readFileSync(file).equals(before));
  t.same(
    fs.readdirSync(path.dirname(file)).filter((name) => name.startsWith('x')),
    ['x.part'],
  );
});

t.test('what is no snapshot, or another version, is refused with words', async (t) => {
  const file = await made(t);
  const whole = fs.readFileSync(file);
  const refusing = (words: RegExp) => {
    t.throws(() => new SnapshotReader(file), {
      name: 'SnapshotError',
      code: 'refused',
      message: words,
    });
  };
  const change = (sql: string) => {
    fs.writeFileSync(file, whole);
    const db = new Database(file);
    db.exec(sql);
    db.close();
  };
  change("UPDATE meta SET value = '2' WHERE name = 'format'");
  refusing(/another version \(format 2, and this version reads 1\)/);
  change('DELETE FROM meta');
  refusing(/format undefined/);
  change('DELETE FROM shards');
  refusing(/of 0 shards/);
  change('PRAGMA application_id = 7');
  refusing(/not a snapshot/);
  change('DROP TABLE kv');
  refusing(/cannot be read/);
  fs.writeFileSync(file, 'not a database at all, but long enough to be looked at. '.repeat(40));
  refusing(/cannot be read/);
  fs.rmSync(file);
  refusing(/cannot be read/);
  t.throws(() => sumOf(file), { code: 'ENOENT' });
});

t.test('sys 19: a torn file is refused where it is torn', async (t) => {
  const file = await made(t);
  const whole = fs.readFileSync(file);
  for (const length of [0, 50, 4096, whole.length - 4096]) {
    fs.writeFileSync(file, whole.subarray(0, length));
    const readAll = () => {
      const reader = new SnapshotReader(file);
      try {
        while (reader.next() !== undefined);
      } finally {
        reader.close();
      }
    };
    t.throws(readAll, { code: 'refused' }, `${length} bytes`);
  }
});
