/** The contract suite has what entries do; here is what they leave in the shard's row. */
import Database from 'better-sqlite3';
import t from 'tap';
import { applyEntry } from '../../../src/kv/store/entry.js';
import { KeyRows } from '../../../src/kv/store/key-rows.js';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { births, emptyEntry, entry, put, testHash } from './commands.js';

function place() {
  const db = new Database(':memory:');
  db.exec(`CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB UNIQUE, revision INTEGER,
    expires INTEGER, content_type TEXT, value BLOB)`);
  const shard = ShardDraft.born(births(1)[0] as ReturnType<typeof births>[0]);
  return { shard, at: { rows: new KeyRows(db), hash: testHash, file: 'state.db' } };
}

t.test('index and term are those of the entry, whatever it did', async (t) => {
  const { shard, at } = place();
  t.match(applyEntry(shard, { ...entry(1, put('a', '1')), term: 4 }, at), { outcome: 'created' });
  t.equal(applyEntry(shard, { ...emptyEntry(2), term: 6 }, at), undefined);
  t.match(shard, { applied: 2, appliedTerm: 6, revision: 1 });
  t.throws(() => applyEntry(shard, emptyEntry(2), at), InvariantViolation);
  t.throws(() => applyEntry(shard, emptyEntry(4), at), InvariantViolation);
});

t.test('an entry that cannot be read names the file and itself', async (t) => {
  const { shard, at } = place();
  const damaged = { ...emptyEntry(1), kind: 1 as const, data: Buffer.from([7]) };
  t.throws(() => applyEntry(shard, damaged, at), { code: 'corrupt', file: 'state.db' });
});
