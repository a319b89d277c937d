/** What the SQLite store does with its snapshot files, beyond the contract of every store. */
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { firstId } from '../../../src/kv/store/key-rows.js';
import { frameBytes } from '../../../src/kv/store/schema.js';
import { reserveBytes } from '../../../src/kv/store/sqlite-snapshots.js';
import type { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import { fill, piecesOf, send, transfer } from '../../contracts/store-snapshots.js';
import { births, emptyEntry, entry, metaBirth, put, testHash } from './commands.js';
import { InlineSnapshotWorker } from './inline-snapshot-worker.js';
import { settled } from './manual-clock.js';
import { applyOne, newFolder, opened, sqliteStore } from './sqlite-stores.js';

async function openedAt(t: Test, dir: string, more = {}): Promise<SqliteStore> {
  const store = sqliteStore(dir, more);
  await store.open();
  t.teardown(() => store.close().catch(() => {}));
  return store;
}

const names = (dir: string) => fs.readdirSync(path.join(dir, 'snapshots')).sort();

t.test('D10: a snapshot of another cluster or another hash is refused, naming both', async (t) => {
  const to = await openedAt(t, newFolder(t));
  const otherHash = (key: Buffer) => testHash(key) ^ 1;
  for (const [more, words] of [
    [{ cluster: 'theirs' }, /of cluster "theirs", and this node of "test-cluster"/],
    [{ hash: otherHash }, /places its keys by another hash/],
  ] as const) {
    const from = await openedAt(t, newFolder(t), more);
    from.createShards(births(1));
    fill(from);
    await t.rejects(send(from, to, 1), { code: 'refused', message: words });
  }
  t.same(fs.readdirSync(path.join(path.dirname(to.file), 'snapshots')), []);
});

t.test('one file at a time, and the others of the node go on meanwhile', async (t) => {
  const [from, to] = [await openedAt(t, newFolder(t)), await openedAt(t, newFolder(t))];
  from.createShards(births(2));
  to.createShards([births(2)[1] as ReturnType<typeof births>[0]]);
  const many = Array.from({ length: 3000 }, (_, at) => put(`key ${at}`, Buffer.alloc(1500, 'x')));
  const own = many.filter(({ key }) => testHash(key) < 2 ** 31);
  from.apply([{ group: 1, entries: own.map((command, at) => entry(at + 1, command)) }]);
  from.apply([{ group: 2, entries: [emptyEntry(1)] }]);
  let index = 0;
  let running = true;
  const beside = (async () => {
    while (running) {
      await settled();
      for (const store of [from, to]) {
        if (!store.held) store.apply([{ group: 2, entries: [emptyEntry(store.applied(2) + 1)] }]);
      }
      index += 1;
    }
  })();
  const [first, second] = await Promise.all([from.snapshots.make(1), from.snapshots.make(2)]);
  t.equal(first.index, own.length);
  t.ok(second.index >= 1);
  await transfer(from, to, 1);
  running = false;
  await beside;
  t.equal(to.stateHash(1), from.stateHash(1));
  t.ok(index > 10, `${index} turns`);
  const applied = from.applied(1) + 1;
  from.apply([{ group: 1, entries: [entry(applied, put('key 1', 'new'))] }]);
  t.equal((await from.snapshots.make(1)).index, applied, 'another file once there is more');
  t.equal((await from.snapshots.read(1, first, 0, 100)).length, 100, 'the first is still sent');
});

t.test('a state that is found damaged while its snapshot is made is not sent', async (t) => {
  const snapshotWorker = new InlineSnapshotWorker();
  const { dir, store } = await opened(t, { snapshotWorker });
  fill(store);
  let steps = 0;
  snapshotWorker.during = () => {
    steps += 1;
    if (steps === 1) store.snapshots.invalidate(1);
  };
  await t.rejects(store.snapshots.make(1), { code: 'no-state' });
  t.same(names(dir), []);
});

t.test('a damaged page under a snapshot ends the node, as it does under a read', async (t) => {
  const dir = newFolder(t);
  const first = await openedAt(t, dir);
  first.createShards([metaBirth, ...births(1)]);
  const entries = Array.from({ length: 300 }, (_, at) =>
    entry(at + 1, put(`${at}`, 'x'.repeat(500))),
  );
  first.apply([{ group: 1, entries }]);
  await first.close();
  const file = path.join(dir, 'state.db');
  const bytes = fs.readFileSync(file);
  for (let page = 10; page * 4096 < bytes.length; page += 1) bytes.fill(0xa5, page * 4096);
  fs.writeFileSync(file, bytes);
  const store = await openedAt(t, dir);
  const told: Error[] = [];
  store.onFailure = (error) => told.push(error);
  await t.rejects(store.snapshots.make(1), { name: 'SnapshotError' });
  t.match(told, [{ code: 'corrupt', action: 'make a snapshot', file }]);
  t.same(names(dir), []);
});

t.test('what takes longer than a minute is given up: it pins the log', async (t) => {
  const snapshotWorker = new InlineSnapshotWorker();
  const { dir, store } = await opened(t, { snapshotWorker });
  fill(store);
  let nowMs = 0;
  snapshotWorker.nowMs = () => (nowMs += 61_000);
  await t.rejects(store.snapshots.make(1), { code: 'late', message: /longer than 60000 ms/ });
  t.same(names(dir), []);
});

t.test('while a snapshot is made the log is left alone, and restarted afterwards', async (t) => {
  const snapshotWorker = new InlineSnapshotWorker();
  const warnings: string[] = [];
  const limits = {
    walBytesMax: 50 * frameBytes,
    walBytesHard: 80 * frameBytes,
    checkpointFrames: 5,
  };
  const logger = { warn: (_: object, message: string) => void warnings.push(message) };
  const { store, clock } = await opened(t, { snapshotWorker, limits, logger });
  const write = () => applyOne(store, put('a', Buffer.alloc(8000)));
  write();
  const pulses = async (count: number) => {
    for (let pulse = 0; pulse < count; pulse += 1) {
      if (!store.held) write();
      clock.next();
      for (let turn = 0; turn < 5; turn += 1) await settled();
    }
  };
  // The thread would go on reading while the loop writes and pulses.
  snapshotWorker.make = async (request) => {
    const reader = new Database(request.stateFile);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM kv').get();
    await pulses(60);
    reader.close();
    return InlineSnapshotWorker.prototype.make.call(snapshotWorker, request);
  };
  const made = await store.snapshots.make(1);
  t.equal(store.statistics.holds, 0, 'no hold that cannot help');
  t.same(warnings, []);
  t.ok(store.statistics.walBytes > limits.walBytesHard);
  await pulses(30);
  t.ok(store.statistics.holds > 0);
  t.ok(made.index > 1);
  const frames = store.statistics.walBytes / frameBytes;
  await pulses(30);
  t.equal(store.statistics.walBytes / frameBytes, frames, 'it does not grow any more');
});

t.test('leftovers of a former process go at start, what is needed stays', async (t) => {
  const dir = newFolder(t);
  const [from, to] = [await openedAt(t, newFolder(t)), await openedAt(t, dir)];
  from.createShards(births(1));
  fill(from);
  const installed = await transfer(from, to, 1);
  const [file] = await piecesOf(from, installed);
  await to.snapshots.make(1);
  from.apply([{ group: 1, entries: [entry(13, put('more', '1'))] }]);
  const waiting = await send(from, to, 1);
  await to.close();
  const old = '1-12-3-00000000.db';
  fs.writeFileSync(path.join(dir, 'snapshots', old), file?.bytes ?? '');
  fs.writeFileSync(path.join(dir, 'snapshots', '7.part'), 'half of it');
  t.equal(names(dir).length, 4);
  const again = await openedAt(t, dir);
  t.ok(again.snapshots.has(1, waiting));
  t.equal(names(dir).length, 1);
  await again.snapshots.install(1, waiting);
  t.equal(again.stateHash(1), from.stateHash(1));
});

t.test('a drop that was cut short is gone on with at start', async (t) => {
  const dir = newFolder(t);
  const first = await openedAt(t, dir);
  first.createShards(births(2));
  const entries = Array.from({ length: 900 }, (_, at) => entry(at + 1, put(`key ${at}`, 'x')));
  first.apply([{ group: 1, entries }]);
  const cut = t.rejects(first.snapshots.drop(1), { code: 'closed' });
  await Promise.all([cut, first.close()]);
  const again = await openedAt(t, dir);
  t.equal(again.shard(1), undefined);
  t.equal(again.applied(1), 0);
  t.notOk(again.installing(1));
  await again.snapshots.drop(1);
  await again.close();
  const db = new Database(path.join(dir, 'state.db'));
  t.same(db.prepare('SELECT group_id FROM shards').pluck().all(), [2]);
  t.equal(db.prepare('SELECT count(*) FROM kv').pluck().get(), 0);
  db.close();
});

t.test('rows that no shard owns are removed before the store opens', async (t) => {
  const dir = newFolder(t);
  const first = await openedAt(t, dir);
  first.createShards([
    { ...(births(1)[0] as ReturnType<typeof births>[0]), range: { start: 10, end: 20 } },
  ]);
  await first.close();
  const db = new Database(path.join(dir, 'state.db'));
  const insert = db.prepare("INSERT INTO kv VALUES (?, ?, 1, 0, '', x'')");
  for (const hash of [0, 9, 10, 19, 20, 2 ** 32 - 1])
    insert.run(firstId(hash), Buffer.from(`${hash}`));
  db.close();
  const again = await openedAt(t, dir);
  t.equal(again.count(1), 2);
  again.createShards([
    { ...(births(1)[0] as ReturnType<typeof births>[0]), group: 2, range: { start: 20, end: 30 } },
  ]);
  t.equal(again.count(2), 0, 'they do not come back as another shard’s');
});

t.test('a snapshot that would fill the disk is not received', async (t) => {
  let free = 0;
  const store = sqliteStore(newFolder(t), { freeBytes: async () => free });
  await store.open();
  const snapshot = { index: 5, term: 1, bytes: 1_000_000, checksum: 7 };
  free = snapshot.bytes + reserveBytes - 1;
  await t.rejects(store.snapshots.receive(1, snapshot), {
    code: 'full',
    message: /a snapshot of 1000000 bytes needs 68108864, 68108863 are free/,
  });
  free += 1;
  await (await store.snapshots.receive(1, snapshot)).abort();
  await store.close();
});
