/** The contract suite and the power cuts have the ways that end well; here are the others. */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { firstId } from '../../../src/kv/store/key-rows.js';
import type { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import type { StoreAction } from '../../../src/kv/store/store-faults.js';
import type { SnapshotFile } from '../../../src/raft/snapshots/types.js';
import { fill, piecesOf, send, transfer } from '../../contracts/store-snapshots.js';
import { births, entry, put, testHash } from './commands.js';
import { newFolder, sqliteStore } from './sqlite-stores.js';

async function openedAt(t: Test, dir: string, more = {}): Promise<SqliteStore> {
  const store = sqliteStore(dir, more);
  await store.open();
  t.teardown(() => store.close().catch(() => {}));
  return store;
}

async function pair(t: Test, more = {}) {
  const dir = newFolder(t);
  const [from, to] = [await openedAt(t, newFolder(t)), await openedAt(t, dir, more)];
  for (const store of [from, to]) store.createShards(births(1));
  fill(from);
  return { from, to, dir };
}

/** The bytes of a snapshot, changed by SQL, with a checksum that fits. */
async function sendChanged(t: Test, stores: { from: SqliteStore; to: SqliteStore }, sql: string) {
  const { from, to } = stores;
  const made = await from.snapshots.make(1);
  const file = `${newFolder(t)}/changed.db`;
  fs.writeFileSync(file, Buffer.concat((await piecesOf(from, made)).map(({ bytes }) => bytes)));
  const db = new Database(file);
  db.exec(sql);
  db.close();
  const bytes = fs.readFileSync(file);
  const snapshot = { ...made, bytes: bytes.length, checksum: crc32(bytes) };
  await receive(to, snapshot, bytes);
  return snapshot;
}

async function receive(to: SqliteStore, snapshot: SnapshotFile, bytes: Buffer): Promise<void> {
  const sink = await to.snapshots.receive(1, snapshot);
  await sink.write(0, bytes);
  await sink.finish();
}

const wrongId = firstId(testHash(Buffer.from('b')));

t.test('D10: rows that cannot be right are refused; another snapshot repairs it', async (t) => {
  const { from, to } = await pair(t);
  to.apply([{ group: 1, entries: [entry(1, put('old', '1'))] }]);
  for (const [sql, words] of [
    [`UPDATE kv SET id = ${wrongId} WHERE key = x'${hex('lease')}'`, /not where its key belongs/],
    [`INSERT INTO kv SELECT id + 1, key, 1, 0, '', x'' FROM kv LIMIT 1`, /is there already/],
    [`UPDATE shards SET range_end = ${2 ** 24}`, /not where its key belongs/],
    [`DELETE FROM kv WHERE key = x'${hex('lease')}'`, /3 rows instead of 4/],
    ["UPDATE meta SET value = 'many' WHERE name = 'rows'", /4 rows instead of NaN/],
  ] as const) {
    const snapshot = await sendChanged(t, { from, to }, sql);
    await t.rejects(to.snapshots.install(1, snapshot), { code: 'refused', message: words });
    t.ok(to.installing(1), 'the old rows are gone or going: it is no state');
    t.equal(to.shard(1), undefined);
    t.ok(to.snapshots.has(1, snapshot), 'it stays until another one is in: it says why');
  }
  await transfer(from, to, 1);
  t.equal(to.stateHash(1), from.stateHash(1));
});

t.test('a range that is none is refused before anything is changed', async (t) => {
  const { from, to } = await pair(t);
  const snapshot = await sendChanged(t, { from, to }, 'UPDATE shards SET range_end = -1');
  await t.rejects(to.snapshots.install(1, snapshot), { code: 'refused', message: /no range/ });
  t.ok(to.shard(1));
});

t.test('a shard that grew or shrank leaves no row of its old range behind', async (t) => {
  const { from, to, dir } = await pair(t);
  const half = 2 ** 31;
  const entries = Array.from({ length: 50 }, (_, at) => entry(at + 1, put(`key ${at}`, 'x')));
  to.apply([{ group: 1, entries }]);
  const shrink = `DELETE FROM kv WHERE id >= ${firstId(half)};
    UPDATE shards SET range_end = ${half};
    UPDATE meta SET value = (SELECT count(*) FROM kv) WHERE name = 'rows'`;
  await to.snapshots.install(1, await sendChanged(t, { from, to }, shrink).then(later(to)));
  t.same(to.shard(1)?.range, { start: 0, end: half });
  await to.close();
  const db = new Database(`${dir}/state.db`);
  t.equal(db.prepare('SELECT count(*) FROM kv WHERE id >= ?').pluck().get(firstId(half)), 0);
  db.close();
});

/** The state here is further than the snapshot, and damaged. */
function later(store: SqliteStore) {
  return (snapshot: SnapshotFile) => {
    store.snapshots.invalidate(1);
    return snapshot;
  };
}

t.test('a group that is dropped while it installs is gone for good', async (t) => {
  const { from, to } = await pair(t);
  const rows = Array.from({ length: 900 }, (_, at) => entry(13 + at, put(`key ${at}`, 'x')));
  from.apply([{ group: 1, entries: rows }]);
  const snapshot = await send(from, to, 1);
  const installing = t.rejects(to.snapshots.install(1, snapshot), { code: 'abandoned' });
  while (!to.installing(1)) await new Promise((resolve) => setImmediate(resolve));
  const dropping = to.snapshots.drop(1);
  t.notOk(to.installing(1));
  t.equal(to.applied(1), 0);
  await Promise.all([installing, dropping]);
  t.notOk(to.snapshots.has(1, snapshot));
  await transfer(from, to, 1);
  t.equal(to.stateHash(1), from.stateHash(1), 'and may come back');
});

t.test('an install that is asked for while the group is being dropped finds no file', async (t) => {
  const { from, to } = await pair(t);
  const snapshot = await send(from, to, 1);
  const dropping = to.snapshots.drop(1);
  await t.rejects(to.snapshots.install(1, snapshot), { code: 'missing' });
  await dropping;
  t.equal(to.shard(1), undefined);
});

t.test('a node that stops in the middle goes on after its restart', async (t) => {
  const { from, to, dir } = await pair(t);
  const rows = Array.from({ length: 900 }, (_, at) => entry(13 + at, put(`key ${at}`, 'x')));
  from.apply([{ group: 1, entries: rows }]);
  const snapshot = await send(from, to, 1);
  const installing = t.rejects(to.snapshots.install(1, snapshot), { code: 'closed' });
  while (!to.installing(1)) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([installing, to.close()]);
  const again = await openedAt(t, dir);
  t.ok(again.installing(1), 'not the old state, not the new one');
  t.equal(again.shard(1), undefined);
  t.ok(again.snapshots.has(1, snapshot));
  await again.snapshots.install(1, snapshot);
  t.equal(again.stateHash(1), from.stateHash(1));
  t.notOk(again.snapshots.has(1, snapshot));
});

t.test('C15: a file that was damaged or lost while the node was down is refused', async (t) => {
  for (const lost of [false, true]) {
    const { from, to, dir } = await pair(t);
    const snapshot = await send(from, to, 1);
    const before = to.shard(1);
    await to.close();
    const [name = ''] = fs.readdirSync(`${dir}/snapshots`);
    const bytes = fs.readFileSync(`${dir}/snapshots/${name}`);
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    if (lost) fs.rmSync(`${dir}/snapshots/${name}`);
    else fs.writeFileSync(`${dir}/snapshots/${name}`, bytes);
    const again = await openedAt(t, dir);
    t.equal(again.snapshots.has(1, snapshot), !lost, 'by its name');
    const refusal = lost ? { code: 'missing' } : { code: 'refused', message: /was damaged since/ };
    await t.rejects(again.snapshots.install(1, snapshot), refusal);
    t.same(again.shard(1), before, 'the state is as it was');
    t.equal(again.snapshots.has(1, snapshot), !lost, 'without it the next start would be refused');
    await again.close();
  }
});

t.test('sys 24: a disk that fails under an install ends the node, and says so once', async (t) => {
  let commits = Number.POSITIVE_INFINITY;
  const faults = {
    before(action: StoreAction) {
      if (action !== 'commit') return;
      commits -= 1;
      if (commits < 0) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
    },
  };
  const { from, to } = await pair(t, { faults });
  const snapshot = await send(from, to, 1);
  const told: Error[] = [];
  to.onFailure = (error) => told.push(error);
  commits = 2;
  await t.rejects(to.snapshots.install(1, snapshot), { name: 'StoreError', code: 'io' });
  t.match(told, [{ code: 'io', action: 'install a snapshot' }]);
  t.throws(() => to.count(1), { code: 'io' });
});

function hex(key: string): string {
  return Buffer.from(key).toString('hex');
}
