import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';

t.test('answers each job once, with the code of its error', async (t) => {
  const folder = t.testdir();
  const file = new URL('../../../src/raft/wal/background-thread.js', import.meta.url);
  const thread = new Worker(file);
  const answer = () => new Promise((resolve) => thread.once('message', resolve));
  const header = { id: 1, capacityBytes: 8192, salt: 1 };
  thread.postMessage({ kind: 'prepare', folder, header });
  t.same(await answer(), { ok: true });
  t.equal(statSync(`${folder}/000000000001.wal`).size, 8192);
  thread.postMessage({ kind: 'remove', folder, fileName: 'nothing' });
  t.match(await answer(), { ok: false, code: 'ENOENT' });
  await thread.terminate();
});
