import t from 'tap';
import { startServer } from './harness.js';

/** A raw answer as status, headers and problem. */
function parse(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, problem: body === '' ? {} : JSON.parse(body) };
}

t.test('bytes that are no request get a problem and the connection ends', async (t) => {
  const server = await startServer(t);
  const cases: readonly (readonly [string, number, string])[] = [
    ['GARBAGE\r\n\r\n', 400, 'malformed_request'],
    ['\x16\x03\x01\x02\x00\x01\x00\x01', 400, 'malformed_request'],
    ['GET / HTTP/9.9\r\n\r\n', 505, 'http_version_not_supported'],
    ['GET /v1/kv/\xff HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
    ['GET /a b HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
    ['GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n', 400, 'malformed_request'],
    ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'malformed_request'],
    ['PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n', 400, 'malformed_request'],
    ['PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'malformed_request'],
    [
      'PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'malformed_request',
    ],
    [`GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers_too_large'],
  ];
  for (const [bytes, status, code] of cases) {
    const answer = parse(await server.raw(bytes));
    t.match(
      answer.problem,
      { status, code, outcome: 'not_applied', request_id: /^1-/ },
      bytes.slice(0, 60),
    );
    t.equal(answer.status, status);
    t.match(answer.head, /Content-Type: application\/problem\+json/);
    t.match(answer.head, /Kvorum-Node: 1\r\n/);
    t.match(answer.head, /Connection: close/);
  }
  const { text } = await server.request('GET', '/metrics');
  t.match(text, /kvorum_http_malformed_requests_total\{code="headers_too_large"\} 2/);
});

t.test('requests that do not arrive in time get 408', async (t) => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 100, timeoutCheckMs: 20 };
  const server = await startServer(t, { limits });
  t.match(parse(await server.raw('GET / HT')), {
    status: 408,
    problem: { code: 'request_timeout' },
  });
  const body = 'PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow';
  t.match(parse(await server.raw(body)), { status: 408, problem: { outcome: 'not_applied' } });
  const refused = 'PUT /v1/kv/a?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nslow';
  t.equal(parse(await server.raw(refused)).status, 408, 'also when it was refused already');
  t.equal(server.service.writes.length, 0);
});

t.test('a connection that only opens and closes is no error', async (t) => {
  const server = await startServer(t);
  t.equal(await server.raw('', { end: true }), '');
  t.equal((await server.request('GET', '/livez')).status, 200);
});
