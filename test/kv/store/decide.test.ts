/** The contract suite has the outcomes; here is what only shows beside a shard and its rows. */
import Database from 'better-sqlite3';
import t from 'tap';
import { applyWrite, isExpired } from '../../../src/kv/store/decide.js';
import { KeyRows } from '../../../src/kv/store/key-rows.js';
import { keysPerHashMax } from '../../../src/kv/store/schema.js';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import type { ShardBirth } from '../../../src/kv/store/types.js';
import { put, remove } from './commands.js';

const birth: ShardBirth = {
  group: 1,
  range: { start: 10, end: 20 },
  epoch: { range: 1, members: 1 },
  revision: 100,
  applied: 0,
};

function place() {
  const db = new Database(':memory:');
  db.exec(`CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB UNIQUE, revision INTEGER,
    expires INTEGER, content_type TEXT, value BLOB)`);
  return { db, shard: ShardDraft.born(birth), rows: new KeyRows(db) };
}

t.test('the range is half open', async (t) => {
  const { shard, rows } = place();
  for (const [hash, outcome] of [
    [9, 'wrong-epoch'],
    [10, 'created'],
    [19, 'created'],
    [20, 'wrong-epoch'],
  ] as const) {
    t.equal(applyWrite(shard, put(`key ${hash}`, ''), { rows, hash }).outcome, outcome);
  }
  t.equal(shard.revision, 102);
});

t.test('a full tag changes nothing but time', async (t) => {
  const { db, shard, rows } = place();
  const plant = db.prepare("INSERT INTO kv VALUES (?, ?, 1, 0, '', x'')");
  plant.run(11 * keysPerHashMax, Buffer.from('first'));
  plant.run(12 * keysPerHashMax - 1, Buffer.from('last'));
  const at = { rows, hash: 11 };
  const full = { outcome: 'tag-full', shardRevision: 100 };
  t.same(applyWrite(shard, put('more', '', { timeMs: 5000 }), at), full);
  t.same(applyWrite(shard, put('more', '', { condition: { ifNoneMatch: '*' } }), at), full);
  t.match(shard, { revision: 100, timeMs: 5000 });
  t.match(applyWrite(shard, remove('last'), at), { outcome: 'deleted', shardRevision: 101 });
  t.match(applyWrite(shard, put('more', ''), at), { outcome: 'created', shardRevision: 102 });
});

t.test('0 means never, and the moment itself is too late', async (t) => {
  t.same(
    [0, 5, 6].map((expires) => isExpired(expires, 5)),
    [false, true, false],
  );
});
