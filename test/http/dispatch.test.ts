import t from 'tap';
import { startServer } from './harness.js';

t.test('unknown routes, wrong methods and what is not built', async (t) => {
  const server = await startServer(t);
  const cases: readonly (readonly [string, string, number, string])[] = [
    ['GET', '/nope', 404, 'route_not_found'],
    ['POST', '/nope', 404, 'route_not_found'],
    ['GET', '//livez', 404, 'route_not_found'],
    ['GET', '/livez/', 404, 'route_not_found'],
    ['GET', '/%6civez', 404, 'route_not_found'],
    ['GET', '/v1/kv?prefix=a', 501, 'not_built'],
    ['POST', '/v1/batch', 501, 'not_built'],
    ['POST', '/v1/txn', 501, 'not_built'],
    ['GET', '/v1/watch?key=a', 501, 'not_built'],
    ['POST', '/v1/leases', 501, 'not_built'],
    ['PUT', '/v1/locks/a', 501, 'not_built'],
    ['GET', '/v1/elections/a', 501, 'not_built'],
    ['POST', '/admin/v1/plans', 501, 'not_built'],
    ['POST', '/livez', 405, 'method_not_allowed'],
    ['DELETE', '/metrics', 405, 'method_not_allowed'],
    ['OPTIONS', '/', 405, 'method_not_allowed'],
  ];
  for (const [method, path, status, code] of cases) {
    const answer = await server.request(method, path, { body: method === 'POST' ? '{"a":1}' : '' });
    t.match(
      answer,
      { status, json: { code, status, instance: path.split('?')[0] } },
      `${method} ${path}`,
    );
    t.match(answer.headers, { 'kvorum-node': '1', 'kvorum-request-id': /./ });
    if (status === 405) t.equal(answer.headers.allow, 'GET, HEAD');
  }
});

t.test('request ids are taken over when sane', async (t) => {
  const server = await startServer(t);
  for (const path of ['/v1/kv/a', '/livez', '/nope']) {
    const own = await server.request('GET', path, { headers: { 'kvorum-request-id': 'abc-1' } });
    t.equal(own.headers['kvorum-request-id'], 'abc-1', path);
    const other = await server.request('GET', path, { headers: { 'x-request-id': 'abc-2' } });
    t.equal(other.headers['kvorum-request-id'], 'abc-2', path);
    const bad = await server.request('GET', path, { headers: { 'x-request-id': 'a b' } });
    t.match(bad.headers['kvorum-request-id'], /^1-[0-9a-f]+-/, path);
  }
});

t.test('Host names', async (t) => {
  const server = await startServer(t, { allowedHosts: ['node1.example'] });
  for (const path of ['/v1/kv/a', '/admin/v1/nodes']) {
    for (const host of ['localhost', '127.0.0.1:1', '[::1]', 'node1.example:80']) {
      const answer = await server.request('GET', path, { headers: { host } });
      t.not(answer.status, 403, host);
    }
    const evil = await server.request('GET', path, { headers: { host: 'evil.example' } });
    t.match(evil, {
      status: 403,
      json: { code: 'host_not_allowed', detail: /^"evil\.example" is/ },
    });
    const odd = await server.request('GET', path, { headers: { host: 'a/b' } });
    t.match(odd, { status: 400, json: { code: 'invalid_host' } });
  }
  const raw = (head: string) => server.raw(`${head}\r\nConnection: close\r\n\r\n`);
  t.match(await raw('GET /livez HTTP/1.1'), /^HTTP\/1.1 400 .*"code":"invalid_host"/s);
  t.match(
    await raw('GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil'),
    /"code":"invalid_host"/,
  );
  t.match(await raw('GET /livez HTTP/1.0'), /^HTTP\/1.1 200 /);
  t.match(
    await raw('GET http://evil.example/livez HTTP/1.1\r\nHost: localhost'),
    /^HTTP\/1.1 403 /,
  );
  t.match(await raw('GET http://localhost/livez HTTP/1.1\r\nHost: localhost'), /^HTTP\/1.1 200 /);
});

t.test('odd targets', async (t) => {
  const server = await startServer(t);
  const raw = (target: string, method = 'GET') =>
    server.raw(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  t.match(await raw('*', 'OPTIONS'), /^HTTP\/1.1 400 .*"code":"invalid_target"/s);
  t.match(await raw('/livez#x'), /^HTTP\/1.1 (400|404) /);
  t.match(await raw('/livez?a#x'), /^HTTP\/1.1 400 .*"code":"invalid_target"/s);
  t.match(await raw('http://localhost'), /^HTTP\/1.1 200 .*Kvorum/s);
  t.match(await raw('ftp://localhost/'), /^HTTP\/1.1 400 /);
  t.match(await raw('localhost:80', 'CONNECT'), /^HTTP\/1.1 400 .*"code":"malformed_request"/s);
});

t.test('too many headers are refused, not silently dropped', async (t) => {
  const server = await startServer(t);
  const many = 'a:\r\n'.repeat(1500);
  const text = await server.raw(
    `PUT /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${many}` +
      'If-Match: "7"\r\nConnection: close\r\n\r\n',
  );
  t.match(text, /^HTTP\/1.1 431 .*"limit":"headerCountMax"/s);
  t.equal(server.service.writes.length, 0);
});

t.test('an upgrade is an ordinary request here', async (t) => {
  const server = await startServer(t);
  const text = await server.raw(
    'GET /livez HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n' +
      'Connection: Upgrade, close\r\n\r\n',
    { until: /"live"/ },
  );
  t.match(text, /^HTTP\/1.1 200 /);
});
