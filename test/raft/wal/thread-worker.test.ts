import { existsSync, readdirSync, statSync } from 'node:fs';
import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { threadWorker } from '../../../src/raft/wal/thread-worker.js';

const header = { id: 1, capacityBytes: 65536, salt: 9 };

t.test('runs jobs in a thread, one after the other', async (t) => {
  const folder = t.testdir();
  const worker = threadWorker();
  const job = { kind: 'prepare', folder, header } as const;
  const running = worker.run(job);
  t.throws(() => worker.run(job), InvariantViolation, 'one at a time');
  await running;
  t.equal(statSync(`${folder}/000000000001.wal`).size, 65536);
  const next = { ...job, header: { ...header, id: 2 }, recycle: '000000000001.wal' };
  await worker.run(next);
  t.same(readdirSync(folder), ['000000000002.wal']);
  await worker.run({ kind: 'remove', folder, fileName: '000000000002.wal' });
  t.notOk(existsSync(`${folder}/000000000002.wal`));
  await worker.close();
  await worker.close();
});

t.test('an error comes back with its code, and the worker goes on', async (t) => {
  const folder = t.testdir();
  const worker = threadWorker();
  const removing = worker.run({ kind: 'remove', folder, fileName: 'nothing' });
  await t.rejects(removing, { code: 'ENOENT', message: /ENOENT/ });
  await worker.run({ kind: 'prepare', folder, header });
  await worker.close();
  // A closed worker starts again when it is needed.
  await worker.run({ kind: 'remove', folder, fileName: '000000000001.wal' });
  await worker.close();
});

t.test('a thread that dies in the middle of a job fails the job', async (t) => {
  const worker = threadWorker();
  const running = worker.run({ kind: 'prepare', folder: t.testdir(), header });
  await Promise.all([t.rejects(running, /ended in the middle/), worker.close()]);
});

t.test('the end of an idle thread does not fail a job that began meanwhile', async (t) => {
  const folder = t.testdir();
  const worker = threadWorker();
  await worker.run({ kind: 'prepare', folder, header });
  // What the worker does by itself after a while; the thread has not ended when this returns.
  const resting = worker.close();
  await worker.run({ kind: 'remove', folder, fileName: '000000000001.wal' });
  await resting;
  await worker.close();
});
