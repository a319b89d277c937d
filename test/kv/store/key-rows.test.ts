import Database from 'better-sqlite3';
import t from 'tap';
import { KeyRows, type NewRow } from '../../../src/kv/store/key-rows.js';
import { keysPerHashMax, openSchema } from '../../../src/kv/store/schema.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';

const lastHash = 2 ** 32 - 1;

function open() {
  const db = new Database(':memory:');
  const identity = { cluster: 'c', hashProbe: 1 };
  try {
    openSchema(db, { file: 'memory', identity, cacheBytesMax: 1024 * 1024 });
  } catch {
    // Only the log mode is refused: memory has none. The tables are there.
  }
  return { db, rows: new KeyRows(db) };
}

function row(hash: number, key: string, more: Partial<NewRow> = {}): NewRow {
  const value = Buffer.from(`value of ${key}`);
  return { hash, key: Buffer.from(key), revision: 1, expires: 0, contentType: '', value, ...more };
}

function ids(db: Database.Database): unknown[] {
  return db.prepare('SELECT id, CAST(key AS TEXT) FROM kv ORDER BY id').raw().all();
}

t.test('serials of one hash stay dense through puts and removals', async (t) => {
  const { db, rows } = open();
  const first = lastHash * keysPerHashMax;
  for (const key of ['a', 'b', 'c', 'd']) {
    t.equal(rows.putAlways(row(lastHash, key), 0), 'created');
  }
  const remove = (key: string) => {
    const found = rows.find(lastHash, Buffer.from(key));
    if (found) rows.remove(lastHash, found);
  };
  remove('b');
  t.same(ids(db), [
    [first, 'a'],
    [first + 1, 'd'],
    [first + 2, 'c'],
  ]);
  remove('a');
  t.same(ids(db), [
    [first, 'c'],
    [first + 1, 'd'],
  ]);
  remove('d');
  t.same(ids(db), [[first, 'c']]);
  t.equal(rows.putAlways(row(lastHash, 'e'), 0), 'created');
  t.same(ids(db), [
    [first, 'c'],
    [first + 1, 'e'],
  ]);
  remove('c');
  remove('e');
  t.same(ids(db), []);
});

t.test('ids use the whole hash range exactly', async (t) => {
  const { db, rows } = open();
  for (const hash of [0, 1, 2 ** 31, lastHash]) rows.putAlways(row(hash, `h${hash}`), 0);
  t.same(ids(db), [
    [0, 'h0'],
    [2 ** 20, 'h1'],
    [2 ** 51, 'h2147483648'],
    [2 ** 52 - 2 ** 20, 'h4294967295'],
  ]);
  t.equal(rows.count(0, 2 ** 32), 4);
  t.equal(rows.count(1, lastHash), 2);
  t.equal(rows.get(lastHash, Buffer.from('h4294967295'))?.value.toString(), 'value of h4294967295');
  t.equal(rows.get(0, Buffer.from('other')), undefined);
});

t.test('the last serial is used, and the next key is told that the tag is full', async (t) => {
  const { db, rows } = open();
  rows.putAlways(row(5, 'first'), 0);
  const plant = db.prepare(
    "INSERT INTO kv (id, key, revision, expires, content_type, value) VALUES (?, ?, 1, 0, '', x'')",
  );
  plant.run(6 * keysPerHashMax - 2, Buffer.from('planted'));
  t.equal(rows.putAlways(row(5, 'last'), 0), 'created');
  t.same(rows.find(5, Buffer.from('last'))?.id, 6 * keysPerHashMax - 1);
  t.equal(rows.putAlways(row(5, 'one more'), 0), 'tag-full');
  t.equal(rows.putOver(undefined, row(5, 'one more')), false);
  t.equal(rows.putAlways(row(5, 'last'), 0), 'replaced', 'a key that is there can be written');
  t.equal(rows.putAlways(row(6, 'neighbour'), 0), 'created', 'the next hash has its own room');
  const found = rows.find(5, Buffer.from('planted'));
  if (found) rows.remove(5, found);
  t.equal(rows.putAlways(row(5, 'one more'), 0), 'created', 'a removal makes room');
});

t.test('an expired row is written over as a new key, wherever it lies', async (t) => {
  const { db, rows } = open();
  rows.putAlways(row(5, 'a', { expires: 100 }), 0);
  rows.putAlways(row(5, 'b', { expires: 100 }), 0);
  t.equal(rows.putAlways(row(5, 'a', { expires: 100 }), 99), 'replaced');
  t.equal(rows.putAlways(row(5, 'b', { expires: 100 }), 99), 'replaced');
  t.equal(rows.putAlways(row(5, 'a'), 100), 'created');
  t.equal(rows.putAlways(row(5, 'b'), 100), 'created');
  t.equal(ids(db).length, 2);
});

t.test('a row that is not among those of its hash is a programmer error', async (t) => {
  const { rows } = open();
  rows.putAlways(row(5, 'a'), 0);
  const found = rows.find(5, Buffer.from('a'));
  t.throws(() => found && rows.remove(6, found), InvariantViolation);
  t.throws(() => rows.putOver(undefined, row(6, 'a')), InvariantViolation);
});
