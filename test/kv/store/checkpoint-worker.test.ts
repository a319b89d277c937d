import Database from 'better-sqlite3';
import t from 'tap';
import { ThreadCheckpointWorker } from '../../../src/kv/store/checkpoint-worker.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';

t.test('every step in the thread, in order', async (t) => {
  const file = `${t.testdir()}/state.db`;
  const db = new Database(file, { timeout: 0 });
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE x (y)');
  const worker = new ThreadCheckpointWorker();
  await worker.open(file);
  db.exec('INSERT INTO x VALUES (1)');
  await worker.syncWal();
  const { log } = await worker.measure();
  t.ok(log > 0);
  t.match(await worker.checkpoint(), { log, checkpointed: log });
  await worker.syncDatabase();
  t.match(await worker.finish(), { log, checkpointed: log });
  db.close();
  await worker.stop();
  await worker.stop();
  await t.rejects(worker.measure(), { message: /has ended/ });
});

t.test('an error in the thread rejects with its code', async (t) => {
  const worker = new ThreadCheckpointWorker();
  await t.rejects(worker.open(`${t.testdir()}/missing.db`), { code: 'SQLITE_CANTOPEN' });
  await worker.stop();
});

t.test('one thing at a time, and only when open', async (t) => {
  const worker = new ThreadCheckpointWorker();
  await t.rejects(worker.measure(), InvariantViolation);
  const opening = worker.open(`${t.testdir()}/missing.db`).catch(() => {});
  await t.rejects(worker.measure(), InvariantViolation);
  await opening;
  await worker.stop();
});
