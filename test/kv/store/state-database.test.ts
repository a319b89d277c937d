import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { openStateDatabase } from '../../../src/kv/store/state-database.js';
import { testHash } from './commands.js';

const options = { hash: testHash, cluster: 'c' };

t.test('makes the folder, and commits and rolls back', async (t) => {
  const file = path.join(t.testdir(), 'a', 'b', 'state.db');
  const database = openStateDatabase(file, options);
  const row = { hash: 1, revision: 1, expires: 0, contentType: '', value: Buffer.alloc(10) };
  database.begin();
  database.rows.putAlways({ ...row, key: Buffer.from('kept') }, 0);
  database.commit();
  database.begin();
  database.rows.putAlways({ ...row, key: Buffer.from('lost') }, 0);
  database.rollBack();
  database.rollBack();
  t.equal(database.rows.count(0, 2 ** 32), 1);
  t.ok(database.logPosition().log > 0);
  t.equal(database.logPosition().checkpointed, 0);
  t.equal(database.freePages(), 0);
  database.close();
  t.same(fs.readdirSync(path.dirname(file)), ['state.db']);
});

t.test('returns freed pages a hundred at a time', async (t) => {
  const database = openStateDatabase(path.join(t.testdir(), 'state.db'), options);
  const value = Buffer.alloc(200 * 4096);
  const row = { hash: 1, revision: 1, expires: 0, contentType: '', key: Buffer.from('k') };
  database.rows.putAlways({ ...row, value }, 0);
  database.rows.putAlways({ ...row, value: Buffer.alloc(1) }, 0);
  const freed = database.freePages();
  t.ok(freed >= 200);
  database.returnFreePages();
  t.equal(database.freePages(), freed - 100);
  database.close();
});

t.test('a refused file is closed again, and left as it was', async (t) => {
  const dir = t.testdir({ 'state.db': 'x'.repeat(5000) });
  const file = path.join(dir, 'state.db');
  t.throws(() => openStateDatabase(file, options), { code: 'SQLITE_NOTADB' });
  t.equal(fs.readFileSync(file, 'utf8'), 'x'.repeat(5000));
  fs.rmSync(file);
  openStateDatabase(file, options).close();
  t.throws(() => openStateDatabase(file, { ...options, cluster: 'd' }), /cluster/);
  t.same(fs.readdirSync(dir), ['state.db']);
});
