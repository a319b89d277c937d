import t from 'tap';
import { startServer } from './harness.js';

t.test('failures are logged once with the request id, the rest only at debug', async (t) => {
  const server = await startServer(t, { level: 'debug' });
  await server.request('PUT', '/v1/kv/a', { headers: { 'kvorum-request-id': 'put-1' } });
  await server.request('GET', '/v1/kv/x', { headers: { 'kvorum-request-id': 'get-1' } });
  server.service.before = () => Promise.reject(new Error('bug'));
  await server.request('GET', '/v1/kv/x', { headers: { 'kvorum-request-id': 'bug-1' } });
  const line = (id: string) => server.logs.filter(({ requestId }) => requestId === id);
  t.match(line('put-1'), [{ level: 20, status: 201, method: 'PUT', path: '/v1/kv/a' }]);
  t.match(line('get-1'), [{ level: 20, status: 404, code: 'key_not_found' }]);
  t.match(line('bug-1'), [{ level: 50, status: 500, shard: Number, durationMs: Number }]);
});

t.test('at the usual level only failures are logged', async (t) => {
  const server = await startServer(t);
  await server.request('PUT', '/v1/kv/a');
  await server.request('GET', '/v1/kv/x');
  await server.request('GET', '/v1/kv/x?ttl=1');
  t.equal(server.logs.length, 0);
});

t.test(
  'a refusal before a small body keeps the connection, and the next request its place',
  async (t) => {
    const server = await startServer(t);
    const refused =
      'PUT /v1/kv/a?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nGET /';
    const next =
      'PUT /v1/kv/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nv';
    const text = await server.raw(refused + next);
    t.same(
      [...text.matchAll(/HTTP\/1.1 (\d+)/g)].map((match) => match[1]),
      ['400', '201'],
    );
  },
);

t.test('a client that sends on after a refusal is cut off at a limit', async (t) => {
  const server = await startServer(t, { limits: { lingerBytesMax: 100_000, lingerMs: 60_000 } });
  const head = 'PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n';
  const text = await server.raw(Buffer.concat([Buffer.from(head), Buffer.alloc(5_000_000)]));
  t.match(text, /^HTTP\/1.1 413 .*Connection: close/s);
});

t.test('a client that stops sending after a refusal is not waited for long', async (t) => {
  const server = await startServer(t, { limits: { lingerMs: 30 } });
  const text = await server.raw(
    'PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\nx',
  );
  t.match(text, /^HTTP\/1.1 413 /);
});
