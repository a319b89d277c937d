import fs from 'node:fs';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { CheckpointFiles } from '../../../src/kv/store/checkpoint-files.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';

function setUp(t: Test) {
  const file = `${t.testdir()}/state.db`;
  const db = new Database(file, { timeout: 0 });
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE x (y BLOB)');
  const files = new CheckpointFiles();
  files.open(file);
  t.teardown(() => {
    db.close();
    files.release();
  });
  const write = () => db.prepare('INSERT INTO x VALUES (?)').run(Buffer.alloc(10_000));
  return { file, db, files, write };
}

t.test('measuring copies nothing, a checkpoint copies all', async (t) => {
  const { files, write } = setUp(t);
  write();
  const measured = files.measure();
  t.ok(measured.log > 0);
  t.equal(measured.checkpointed, 0);
  t.equal(measured.walBytes, 32 + measured.log * (4096 + 24));
  const copied = files.checkpoint();
  t.equal(copied.log, measured.log);
  t.equal(copied.checkpointed, copied.log);
  t.equal(copied.databaseBytes % 4096, 0);
  write();
  t.ok(files.measure().log < measured.log, 'the next transaction started the log anew');
});

t.test('a reader keeps part of the log from being copied, without an error', async (t) => {
  const { file, files, write } = setUp(t);
  write();
  const reader = new Database(file, { timeout: 0 });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM x').get();
  write();
  const { log, checkpointed } = files.checkpoint();
  t.ok(checkpointed < log);
  reader.exec('COMMIT');
  reader.close();
  t.equal(files.checkpoint().checkpointed, log);
});

t.test('writers and readers meet no lock while it is open', async (t) => {
  const { db, files, write } = setUp(t);
  for (let round = 0; round < 50; round += 1) {
    write();
    if (round % 3 === 0) files.checkpoint();
    if (round % 7 === 0) files.syncWal();
    if (round % 11 === 0) files.syncDatabase();
    t.equal(db.prepare('SELECT count(*) FROM x').pluck().get(), round + 1);
  }
});

t.test('a sync of a file that was deleted is a failure', async (t) => {
  const { file, files, write } = setUp(t);
  write();
  files.syncWal();
  fs.renameSync(`${file}-wal`, `${file}-moved`);
  files.syncWal();
  fs.rmSync(`${file}-moved`);
  t.throws(() => files.syncWal(), { message: /-wal was deleted/ });
});

t.test('finish checkpoints and keeps the descriptors; release is the end', async (t) => {
  const { db, files, write } = setUp(t);
  write();
  const { log, checkpointed } = files.finish();
  t.equal(checkpointed, log);
  db.close();
  files.release();
  files.release();
  t.throws(() => files.syncWal(), InvariantViolation);
});
