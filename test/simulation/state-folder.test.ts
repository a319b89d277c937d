/** What a crash and a power cut leave of a real SQLite database, at every commit boundary. */
import path from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { Random } from './random-streams.js';
import { StateFolder } from './state-folder.js';

function opened(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  return db;
}

function position(db: Database.Database) {
  const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
  return row;
}

function newest(file: string): number {
  const db = new Database(file);
  try {
    return Number(db.prepare('SELECT max(n) FROM t').pluck().get());
  } finally {
    db.close();
  }
}

/** Ten commits; the fourth is synced, the seventh is checkpointed when `checkpoint` says so. */
function written(folder: StateFolder, checkpoint: boolean): Database.Database {
  const { boundaries, file } = folder;
  const db = opened(file);
  db.exec('CREATE TABLE t (n INTEGER)');
  boundaries.committed(position(db));
  let nowDurable = () => {};
  for (let n = 1; n <= 10; n += 1) {
    db.prepare('INSERT INTO t VALUES (?)').run(n);
    boundaries.committed(position(db));
    // What is committed while a sync is under way need not be covered by it.
    if (n === 4) nowDurable = boundaries.syncing();
    if (n === 5) nowDurable();
    if (n !== 7 || !checkpoint) continue;
    db.pragma('wal_checkpoint(PASSIVE)');
    boundaries.allDurable(position(db));
  }
  return db;
}

function folderIn(t: Test, name: string, seed: number): StateFolder {
  const folder = new StateFolder(path.join(t.testdirName, name), new Random(seed));
  folder.make();
  return folder;
}

t.test('a crash leaves every commit', async (t) => {
  t.testdir();
  const folder = folderIn(t, 'n', 1);
  const db = written(folder, false);
  folder.leave('crash');
  db.close();
  t.equal(newest(folder.file), 10);
});

for (const checkpoint of [false, true]) {
  const from = checkpoint ? 7 : 4;
  t.test(`a power cut leaves any commit from ${from} on, and nothing else`, async (t) => {
    t.testdir();
    const seen = new Set<number>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const folder = folderIn(t, `n${seed}`, seed);
      const db = written(folder, checkpoint);
      folder.leave('power-cut');
      db.close();
      seen.add(newest(folder.file));
    }
    const expected = [4, 5, 6, 7, 8, 9, 10].filter((n) => n >= from);
    t.same(
      [...seen].sort((a, b) => a - b),
      expected,
    );
  });
}
