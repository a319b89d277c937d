import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { durably, openSchema } from '../../../src/kv/store/schema.js';

const identity = { cluster: 'c-1', hashProbe: 77 };

function openAt(file: string, more: Partial<typeof identity> = {}): Database.Database {
  const db = new Database(file, { timeout: 0 });
  try {
    openSchema(db, { file, identity: { ...identity, ...more }, cacheBytesMax: 1024 * 1024 });
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

function newFile(t: Test): string {
  return path.join(t.testdir(), 'state.db');
}

t.test('creates the tables with the settings that can only be chosen then', async (t) => {
  const db = openAt(newFile(t));
  for (const [pragma, value] of [
    ['page_size', 4096],
    ['auto_vacuum', 2],
    ['journal_mode', 'wal'],
    ['synchronous', 1],
    ['wal_autocheckpoint', 0],
    ['busy_timeout', 0],
  ]) {
    t.equal(db.pragma(`${pragma}`, { simple: true }), value, `${pragma}`);
  }
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  t.same(names.pluck().all(), ['kv', 'meta', 'shards']);
  db.close();
});

t.test('opens its own file again, and one whose creation was cut short', async (t) => {
  const file = newFile(t);
  openAt(file).close();
  openAt(file).close();
  const begun = path.join(t.testdir({}), 'begun.db');
  const db = new Database(begun);
  db.pragma('page_size = 4096');
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.close();
  openAt(begun).close();
  t.pass('opened');
});

t.test('refuses the state of another cluster or another hash, naming both', async (t) => {
  const file = newFile(t);
  openAt(file).close();
  t.throws(() => openAt(file, { cluster: 'c-2' }), {
    code: 'format',
    file,
    message: /cluster "c-1", and this node to "c-2"/,
  });
  t.throws(() => openAt(file, { hashProbe: 78 }), { code: 'format', message: /another hash/ });
});

t.test('refuses a newer format and one without any', async (t) => {
  const file = newFile(t);
  openAt(file).close();
  const change = (sql: string) => {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  };
  change("UPDATE meta SET value = '3' WHERE name = 'format'");
  t.throws(() => openAt(file), {
    code: 'format',
    message: /newer version \(format 3, and this version reads up to 2\)/,
  });
  change("DELETE FROM meta WHERE name = 'format'");
  t.throws(() => openAt(file), { code: 'format', message: /format is not stated/ });
});

t.test('refuses a database of another application without changing a byte', async (t) => {
  const file = newFile(t);
  const other = new Database(file);
  other.exec('CREATE TABLE diary (day TEXT)');
  other.close();
  const before = fs.readFileSync(file);
  t.throws(() => openAt(file), { code: 'format', file, message: /another application/ });
  t.ok(fs.readFileSync(file).equals(before));
  t.same(fs.readdirSync(path.dirname(file)), ['state.db']);
});

t.test('refuses an empty database whose settings can no longer be chosen', async (t) => {
  const file = newFile(t);
  const other = new Database(file);
  other.pragma('page_size = 8192');
  other.exec('CREATE TABLE gone (x)');
  other.exec('DROP TABLE gone');
  other.close();
  t.throws(() => openAt(file), { code: 'format', message: /page_size is 8192 instead of 4096/ });
});

t.test('a durable transaction is all or nothing and goes back to cheap syncs', async (t) => {
  const db = openAt(newFile(t));
  const insert = db.prepare("INSERT INTO meta (name, value) VALUES (?, 'x')");
  t.throws(() =>
    durably(db, () => {
      insert.run('a');
      throw new Error('no');
    }),
  );
  durably(db, () => insert.run('b'));
  const names = db.prepare("SELECT name FROM meta WHERE value = 'x'").pluck().all();
  t.same(names, ['b']);
  t.equal(db.pragma('synchronous', { simple: true }), 1);
  db.close();
});
