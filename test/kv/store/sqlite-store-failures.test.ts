/** What a disk, a foreign process or a damaged log can do to the store. */
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import type { StoreAction } from '../../../src/kv/store/store-faults.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import { births, entry, metaBirth, put } from './commands.js';
import { settled } from './manual-clock.js';
import { applyOne, opened, read, stillStore } from './sqlite-stores.js';

t.test('an error of SQLite undoes the transaction and ends all service', async (t) => {
  let fault: StoreAction | undefined;
  const faults = {
    before(action: StoreAction) {
      if (action !== fault) return;
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
    },
  };
  for (const action of ['commit', 'read'] as const) {
    const { dir, store, clock } = await opened(t, { faults });
    applyOne(store, put('a', '1'));
    fault = action;
    const failing = () => (action === 'read' ? read(store, 'a') : applyOne(store, put('a', '2')));
    t.throws(failing, { name: 'StoreError', code: 'io', file: path.join(dir, 'state.db') });
    fault = undefined;
    t.throws(() => applyOne(store, put('a', '3')), { code: 'io' }, 'it stays so');
    t.throws(() => read(store, 'a'), { code: 'io' });
    t.equal(clock.timers, 0);
    await store.close();
    const again = stillStore(dir).store;
    await again.open();
    t.equal(read(again, 'a'), '1');
    t.equal(again.applied(1), 1);
    await again.close();
  }
});

t.test('a full disk is called that', async (t) => {
  const faults = {
    before(action: StoreAction) {
      if (action !== 'commit') return;
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    },
  };
  const { store } = await opened(t, { faults });
  t.throws(() => applyOne(store, put('a', '1')), { code: 'full', message: /disk is full/ });
});

t.test('a failure in the background is told once and ends all service', async (t) => {
  let failing = false;
  const faults = {
    before(action: StoreAction) {
      if (failing && action === 'sync-wal') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    },
  };
  const { store, clock } = await opened(t, { faults });
  const told: Error[] = [];
  store.onFailure = (error) => told.push(error);
  failing = true;
  applyOne(store, put('a', '1'));
  clock.next();
  await settled();
  t.equal(told.length, 1);
  t.match(told[0], { code: 'io', action: 'sync-wal', file: store.file });
  t.equal(store.durable(1), 0, 'what was not synced is not durable');
  t.throws(() => applyOne(store, put('a', '2')), { message: /sync-wal failed/ });
  t.throws(() => read(store, 'a'), { message: /sync-wal failed/ });
  await store.close();
});

t.test('a committed entry that cannot be read names its group and index', async (t) => {
  for (const [kind, data, words] of [
    [EntryKind.command, Buffer.from([9, 9]), /command format 9 is not known/],
    [EntryKind.command, Buffer.from([1, 1]), /only 2 bytes/],
    [7 as EntryKind, Buffer.alloc(0), /kind 7 is not known/],
  ] as const) {
    const { store } = await opened(t);
    const entries = [entry(1, put('a', '1')), { index: 2, term: 5, kind, data }];
    const apply = () => store.apply([{ group: 1, entries }]);
    t.throws(apply, { code: 'corrupt', message: /entry of group 1, index 2, term 5/ });
    t.throws(apply, { message: words }, 'the same words again, nothing else is tried');
    await store.close();
  }
});

t.test('a foreign lock is an error at once, not a wait', async (t) => {
  const { dir, store } = await opened(t);
  const other = new Database(path.join(dir, 'state.db'));
  other.exec('BEGIN IMMEDIATE');
  t.throws(() => applyOne(store, put('a', '1')), { code: 'busy', message: /locked/ });
  other.exec('ROLLBACK');
  other.close();
});

t.test('a damaged page ends the service with words', async (t) => {
  const dir = t.testdir();
  const first = stillStore(dir).store;
  await first.open();
  first.createShards([metaBirth, ...births(1)]);
  for (let at = 0; at < 200; at += 1) applyOne(first, put(`key ${at}`, Buffer.alloc(500)));
  await first.close();
  const file = path.join(dir, 'state.db');
  const bytes = fs.readFileSync(file);
  for (let page = 8; page * 4096 < bytes.length; page += 1) bytes.fill(0xa5, page * 4096);
  fs.writeFileSync(file, bytes);
  const again = stillStore(dir).store;
  await again.open();
  const readAll = () => {
    for (let at = 0; at < 200; at += 1) read(again, `key ${at}`);
  };
  t.throws(readAll, { code: 'corrupt', file });
  await again.close();
});

t.test('what cannot be opened says which file and why', async (t) => {
  const dir = t.testdir({
    'state.db': 'these are not the bytes of a database, but a long text. '.repeat(30),
    file: '',
  });
  const garbage = stillStore(dir).store;
  await t.rejects(garbage.open(), { code: 'format', file: path.join(dir, 'state.db') });
  t.throws(() => garbage.createShards(births(1)), { code: 'format' });
  await t.rejects(stillStore(path.join(dir, 'file')).store.open(), { message: /state\.db: open/ });
});

t.test('a final checkpoint that fails rejects, and all is closed', async (t) => {
  const { dir, store, worker } = await opened(t);
  applyOne(store, put('a', '1'));
  worker.before = (step) => {
    if (step === 'finish') throw Object.assign(new Error('no'), { code: 'EIO' });
  };
  await t.rejects(store.close(), { code: 'io', action: 'final checkpoint' });
  const again = stillStore(dir).store;
  await again.open();
  t.equal(read(again, 'a'), '1');
  await again.close();
});
