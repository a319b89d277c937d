import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';

t.test('answers each request, errors as text, and ends when told to', async (t) => {
  const url = new URL('../../../src/kv/store/checkpoint-thread.js', import.meta.url);
  const thread = new Worker(url);
  const file = `${t.testdir()}/missing.db`;
  thread.postMessage({ action: 'open', file });
  const [answer] = await once(thread, 'message');
  t.match(answer, { message: /unable to open database file/, code: 'SQLITE_CANTOPEN' });
  thread.postMessage({ action: 'measure', file: '' });
  t.match((await once(thread, 'message'))[0], { message: /is open/, code: '' });
  thread.postMessage({ action: 'stop', file: '' });
  t.equal((await once(thread, 'exit'))[0], 0);
});
