import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';

t.test('answers each job, errors as text, and ends when told to', async (t) => {
  const url = new URL('../../../src/kv/store/snapshot-thread.js', import.meta.url);
  const thread = new Worker(url, { workerData: { abort: new Int32Array(1) } });
  thread.postMessage({ kind: 'check', file: `${t.testdir()}/missing` });
  const [answer] = await once(thread, 'message');
  t.match(answer, { kind: 'failed', code: 'ENOENT', refusal: undefined });
  const request = { stateFile: `${t.testdir()}/missing.db`, target: `${t.testdir()}/x`, group: 1 };
  thread.postMessage({ kind: 'make', request: { ...request, timeMsMax: 1000 } });
  t.match((await once(thread, 'message'))[0], { kind: 'failed', code: 'SQLITE_CANTOPEN' });
  thread.postMessage('stop');
  t.equal((await once(thread, 'exit'))[0], 0);
});
