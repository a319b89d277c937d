import { createServer } from 'node:net';
import t from 'tap';
import { HttpFailure, request } from '../../src/cli/http-request.js';
import { fakeNode, unusedPort } from './fake-nodes.js';

const timeoutMs = 5000;

t.test('the path leaves as it is', async (t) => {
  const node = await fakeNode(t, (_request, response) => response.end('yes'));
  for (const path of ['/v1/kv/../x', '/v1/kv/a//b', '/v1/kv/%2E%2e', '/v1/kv/.', '/v1/kv/%FF']) {
    const answer = await request({ url: node.url, method: 'GET', path, timeoutMs });
    t.equal(answer.status, 200);
    t.equal(node.received.at(-1)?.path, path);
  }
});

t.test('bytes go and come unchanged, with their length', async (t) => {
  const bytes = Buffer.from([0, 1, 0xff, 0xfe, 13, 10]);
  const node = await fakeNode(t, ({ body }, response) => response.end(body));
  const answer = await request({
    url: node.url,
    method: 'PUT',
    path: '/x',
    body: bytes,
    timeoutMs,
  });
  t.same(answer.body, bytes);
  t.equal(node.received[0]?.headers['content-length'], '6');
});

t.test('without a connection the request was surely not sent', async (t) => {
  const url = `http://127.0.0.1:${await unusedPort()}`;
  const failed = request({ url, method: 'GET', path: '/', timeoutMs });
  const error = await failed.catch((error: unknown) => error);
  t.ok(error instanceof HttpFailure);
  t.match(error, { sent: false, message: 'nobody listens there' });
});

t.test('a connection that breaks or stays silent: it may have arrived', async (t) => {
  const breaking = createServer((socket) => socket.once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => breaking.listen(0, '127.0.0.1', resolve));
  t.teardown(() => breaking.close());
  const { port } = breaking.address() as { port: number };
  const broken = { url: `http://127.0.0.1:${port}`, method: 'GET', path: '/', timeoutMs } as const;
  await t.rejects(request(broken), { sent: true, message: 'the connection was lost' });
  const silent = await fakeNode(t, () => {});
  const waiting = request({ url: silent.url, method: 'GET', path: '/', timeoutMs: 50 });
  await t.rejects(waiting, { sent: true, message: 'no answer within 50 ms' });
});

t.test('an answer that is cut is no answer', async (t) => {
  const cutting = await fakeNode(t, (_request, response) => {
    response.writeHead(200, { 'Content-Length': '10' });
    response.write('half', () => response.destroy());
  });
  const cut = request({ url: cutting.url, method: 'GET', path: '/', timeoutMs });
  t.match(await cut.catch((error: unknown) => error), { name: 'HttpFailure', sent: true });
});
