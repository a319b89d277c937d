import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { SnapshotReader, sumOf } from '../../../src/kv/store/snapshot-file.js';
import { makeSnapshot } from '../../../src/kv/store/snapshot-maker.js';
import { fill } from '../../contracts/store-snapshots.js';
import { entry, put } from './commands.js';
import { applyOne, opened } from './sqlite-stores.js';

const calm = { nowMs: () => 0, aborted: () => false };

t.test('the file says what it is, and has the rows of one moment', async (t) => {
  const { dir, store } = await opened(t);
  fill(store);
  const target = path.join(dir, 'x.part');
  const request = { stateFile: store.file, target, group: 1, timeMsMax: 1000 };
  let writes = 0;
  const aborted = () => {
    // A writer in the middle of it: after the read transaction has begun.
    writes += 1;
    applyOne(store, put(`during ${writes}`, 'x'));
    return false;
  };
  const made = makeSnapshot(request, { ...calm, aborted });
  t.ok(writes >= 2);
  t.match(made, { index: 12, term: 3, ...sumOf(target) });
  t.equal(made.bytes, fs.statSync(target).size);
  const reader = new SnapshotReader(target);
  t.match(reader.header, {
    cluster: 'test-cluster',
    rows: 4,
    shard: { group_id: 1, applied: 12, applied_term: 3, revision: 7, time_ms: 7000 },
  });
  let rows = 0;
  while (reader.next() !== undefined) rows += 1;
  t.equal(rows, 4);
  reader.close();
  t.same(fs.readdirSync(dir).sort(), [
    'snapshots',
    'state.db',
    'state.db-shm',
    'state.db-wal',
    'x.part',
  ]);
});

t.test('rows of other shards are not in it', async (t) => {
  const { dir, store } = await opened(t);
  fill(store);
  const before = store.count(1);
  const db = new Database(store.file);
  const alien = db.prepare("INSERT INTO kv VALUES (?, ?, 1, 0, '', x'')");
  db.prepare('UPDATE shards SET range_end = ?').run(2 ** 31);
  const inside = db
    .prepare('SELECT count(*) FROM kv WHERE id < ?')
    .pluck()
    .get(2 ** 51);
  alien.run(2 ** 51, Buffer.from('the first beyond'));
  db.close();
  t.ok(before > 0);
  const target = path.join(dir, 'x.part');
  makeSnapshot({ stateFile: store.file, target, group: 1, timeMsMax: 1000 }, calm);
  const reader = new SnapshotReader(target);
  t.equal(reader.header.rows, inside);
  reader.close();
});

t.test('what takes too long, or is not wanted any more, is given up with words', async (t) => {
  const { dir, store } = await opened(t);
  fill(store);
  const target = path.join(dir, 'x.part');
  const request = { stateFile: store.file, target, group: 1, timeMsMax: 1000 };
  let nowMs = 0;
  const slow = { nowMs: () => (nowMs += 600), aborted: () => false };
  t.throws(() => makeSnapshot(request, slow), { code: 'late', message: /longer than 1000 ms/ });
  t.throws(() => makeSnapshot(request, { ...calm, aborted: () => true }), { code: 'abandoned' });
  t.notOk(fs.existsSync(target), 'nothing is left');
  applyOne(store, put('the log', 'is free again'));
  const db = new Database(store.file);
  t.match(db.pragma('wal_checkpoint(TRUNCATE)'), [{ busy: 0 }]);
  db.close();
});

t.test('no state, no snapshot; nor where a file is already', async (t) => {
  const { dir, store } = await opened(t);
  const target = path.join(dir, 'x.part');
  const request = { stateFile: store.file, target, group: 1, timeMsMax: 1000 };
  t.throws(() => makeSnapshot(request, calm), { code: 'no-state', message: /applied nothing/ });
  t.throws(() => makeSnapshot({ ...request, group: 9 }, calm), { code: 'no-state' });
  store.apply([{ group: 1, entries: [entry(1, put('a', '1'))] }]);
  store.snapshots.invalidate(1);
  t.throws(() => makeSnapshot(request, calm), { code: 'no-state', message: /no whole state/ });
  t.notOk(fs.existsSync(target));
  const missing = path.join(dir, 'missing.db');
  t.throws(() => makeSnapshot({ ...request, stateFile: missing }, calm), {
    code: 'SQLITE_CANTOPEN',
  });
  t.notOk(fs.existsSync(missing));
});
