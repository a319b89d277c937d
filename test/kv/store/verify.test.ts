/** The contract suite has passes and outcomes; here is what only shows beside a shard's row. */
import Database from 'better-sqlite3';
import t from 'tap';
import { firstId, KeyRows } from '../../../src/kv/store/key-rows.js';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import { sliceBytesMax, sliceRowsMax, verifySlice } from '../../../src/kv/store/verify.js';
import { births, verify } from './commands.js';

function place(rowsPerHash: number, hashes: number) {
  const db = new Database(':memory:');
  db.exec(`CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB UNIQUE, revision INTEGER,
    expires INTEGER, content_type TEXT, value BLOB)`);
  const insert = db.prepare("INSERT INTO kv VALUES (?, ?, 1, 0, '', x'')");
  for (let hash = 0; hash < hashes; hash += 1) {
    for (let serial = 0; serial < rowsPerHash; serial += 1) {
      insert.run(firstId(hash) + serial, Buffer.from(`${hash}/${serial}`));
    }
  }
  const range = { start: 10, end: 20 };
  const shard = ShardDraft.born({ ...(births(1)[0] as ReturnType<typeof births>[0]), range });
  return { db, shard, rows: new KeyRows(db) };
}

t.test('the cursor is where the next slice begins, 0 at the end of a pass', async (t) => {
  const { shard, rows } = place(75, 30);
  const first = verifySlice(shard, verify(), { rows, index: 1 });
  t.match(first, { rows: sliceRowsMax, passEnds: false });
  t.equal(shard.verifyId, firstId(16) + 50, 'the 501st row of the range');
  const second = verifySlice(shard, verify(), { rows, index: 2 });
  t.match(second, { rows: 250, passEnds: true }, 'nothing outside the range');
  t.equal(shard.verifyId, 0);
});

t.test('a cursor outside the range begins a new pass: a split moved the range', async (t) => {
  const { shard, rows } = place(1, 30);
  for (const verifyId of [firstId(5), firstId(20)]) {
    shard.verifyId = verifyId;
    t.match(verifySlice(shard, verify(), { rows, index: 1 }), { rows: 10, passEnds: true });
  }
});

t.test('replicas with a row more or less at the border of a slice differ at once', async (t) => {
  const [one, other] = [place(75, 30), place(75, 30)];
  other.db.prepare('DELETE FROM kv WHERE id = ?').run(firstId(16) + 50);
  const hashes = [one, other].map(({ shard, rows }) => {
    const result = verifySlice(shard, verify(), { rows, index: 1 });
    return result.outcome === 'verified' ? result.hash : undefined;
  });
  t.not(hashes[0], hashes[1]);
});

t.test('the limits are part of the format: another one needs another command', async (t) => {
  t.same([sliceRowsMax, sliceBytesMax], [500, 262_144]);
});
