import Database from 'better-sqlite3';
import t from 'tap';
import { openSchema, Standing } from '../../../src/kv/store/schema.js';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import { ShardRows } from '../../../src/kv/store/shard-rows.js';
import { births } from './commands.js';

t.test('every column comes back as it was written, also large ones', async (t) => {
  const file = `${t.testdir()}/state.db`;
  const db = new Database(file);
  openSchema(db, { file, identity: { cluster: 'c', hashProbe: 1 }, cacheBytesMax: 1024 * 1024 });
  const rows = new ShardRows(db);
  const shards = births(3).map((birth) => ShardDraft.born(birth));
  for (const shard of shards) rows.insert(shard);
  const [, second] = shards;
  if (second === undefined) throw new Error('three were born');
  Object.assign(second, {
    rangeStart: 2 ** 31,
    rangeEnd: 2 ** 32,
    rangeEpoch: 7,
    membersEpoch: 8,
    revision: 2 ** 52 + 1,
    applied: 2 ** 40 + 1,
    appliedTerm: 2 ** 33 + 1,
    timeMs: 2 ** 48 - 1,
    verifyId: 2 ** 52 - 1,
    standing: Standing.dropping,
  });
  rows.update(second);
  const again = rows.all().map((row) => new ShardDraft(row));
  second.publish();
  t.same(
    again.map((shard) => shard.visible),
    shards.map((shard) => shard.visible),
  );
  t.equal(again[1]?.appliedTerm, 2 ** 33 + 1);
  t.match(again[1], { verifyId: 2 ** 52 - 1, standing: Standing.dropping });
  rows.remove(second);
  t.same(
    rows.all().map((row) => row.group_id),
    [1, 3],
  );
  db.close();
});
