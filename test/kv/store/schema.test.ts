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

t.test('a file of format 1 becomes one of format 2 where it lies', async (t) => {
  const file = newFile(t);
  openAt(file).close();
  const before = new Database(file);
  // Format 1 had all but these two columns.
  before.exec(`INSERT INTO shards (group_id, range_start, range_end, epoch_range, epoch_members,
    revision, applied, applied_term, time_ms) VALUES (1, 0, 100, 2, 3, 44, 55, 6, 77)`);
  before.exec('ALTER TABLE shards DROP COLUMN verify_id');
  before.exec('ALTER TABLE shards DROP COLUMN standing');
  before.exec("UPDATE meta SET value = '1' WHERE name = 'format'");
  before.close();
  const fresh = openAt(path.join(path.dirname(file), 'fresh.db'));
  const columns = (db: Database.Database) => db.pragma('table_info(shards)');
  const wanted = columns(fresh);
  fresh.close();
  for (const time of ['first', 'second']) {
    const db = openAt(file);
    t.same(columns(db), wanted, `${time} start: as a new file has it`);
    t.match(db.prepare('SELECT * FROM shards').get(), {
      revision: 44,
      applied: 55,
      applied_term: 6,
      time_ms: 77,
      verify_id: 0,
      standing: 0,
    });
    t.equal(db.prepare("SELECT value FROM meta WHERE name = 'format'").pluck().get(), '2');
    db.close();
  }
});

t.test('a file of format 1 that is refused stays as it is', async (t) => {
  const file = newFile(t);
  openAt(file).close();
  const db = new Database(file);
  db.exec("UPDATE meta SET value = '1' WHERE name = 'format'");
  db.close();
  t.throws(() => openAt(file, { cluster: 'c-2' }), { code: 'format' });
  const after = new Database(file);
  t.equal(after.prepare("SELECT value FROM meta WHERE name = 'format'").pluck().get(), '1');
  after.close();
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
