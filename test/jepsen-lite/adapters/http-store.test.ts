/** Answers that do not come: what was surely never sent, and what nobody knows. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { HttpStore } from '../../../jepsen-lite/adapters/http-store.js';
import { kvorum } from '../../../jepsen-lite/adapters/kvorum.js';

const timeoutMs = 300;

async function storeBefore(t: Test, listener: RequestListener) {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const http = new HttpStore({ adapter: kvorum, endpoint: `http://127.0.0.1:${port}`, timeoutMs });
  t.teardown(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  return http.store;
}

t.test('a refused connection carried nothing', async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  const http = new HttpStore({ adapter: kvorum, endpoint: `http://127.0.0.1:${port}`, timeoutMs });
  t.teardown(() => http.close());
  t.match(await http.store.put('k', 'v'), { type: 'fail', facts: { error: 'ECONNREFUSED' } });
});

t.test('a write without an answer may have arrived; a read changed nothing', async (t) => {
  const store = await storeBefore(t, (request) => request.socket.destroy());
  t.match(await store.put('k', 'v'), { type: 'info' });
  t.match(await store.delete('k'), { type: 'info' });
  t.match(await store.get('k'), { type: 'fail' });
});

t.test('a cut answer is no answer', async (t) => {
  const store = await storeBefore(t, (request, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half');
    setTimeout(() => request.socket.destroy(), 20);
  });
  t.match(await store.put('k', 'v'), { type: 'info' });
  t.match(await store.get('k'), { type: 'fail' });
});

t.test('who is silent too long has not answered', async (t) => {
  const store = await storeBefore(t, () => {});
  t.match(await store.put('k', 'v'), { type: 'info', facts: { error: 'TIMEOUT' } });
});

t.test('nothing is ever sent twice', async (t) => {
  let requests = 0;
  const store = await storeBefore(t, (request) => {
    requests += 1;
    request.socket.destroy();
  });
  await store.put('k', 'v', { ifMatch: 3 });
  await store.get('k');
  t.equal(requests, 2);
});

t.test('a compare-and-set is a read and a write on its revision', async (t) => {
  const asked: string[] = [];
  const store = await storeBefore(t, (request, response) => {
    asked.push(`${request.method} ${request.headers['if-match'] ?? ''}`.trim());
    response.writeHead(200, { etag: '"7"' });
    response.end(request.method === 'GET' ? 'old' : '{}');
  });
  t.match(await store.compareAndSet('k', 'old', 'new'), { type: 'ok' });
  t.match(await store.compareAndSet('k', 'other', 'new'), {
    type: 'ok',
    facts: { outcome: 'precondition-failed' },
  });
  t.same(asked, ['GET', 'PUT "7"', 'GET']);
});
