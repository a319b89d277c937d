import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { KvError } from '../../../src/kv/errors.js';
import { startServer, type TestServer } from '../harness.js';

t.test('put, get, head, delete', async (t) => {
  const server = await startServer(t);
  const created = await server.request('PUT', '/v1/kv/a/b', {
    body: 'hello',
    headers: { 'content-type': 'text/html; charset=x' },
  });
  t.equal(created.status, 201);
  t.same(created.json, { key: 'a/b', revision: 1, created: true, shard: 2 });
  t.equal(created.headers.etag, '"1"');
  t.equal(created.headers['content-type'], 'application/json');

  const replaced = await server.request('PUT', '/v1/kv/a/b', { body: 'hello again' });
  t.match(replaced, { status: 200, json: { revision: 2, created: false } });

  const get = await server.request('GET', '/v1/kv/a/b');
  t.match(get, { status: 200, text: 'hello again', headers: { etag: '"2"' } });
  t.equal(get.headers['content-type'], undefined, 'none was given, none is made up');

  const head = await server.request('HEAD', '/v1/kv/a/b');
  t.match(head, { status: 200, text: '', headers: { etag: '"2"', 'content-length': '11' } });

  const deleted = await server.request('DELETE', '/v1/kv/a/b');
  t.match(deleted, { status: 200, json: { deleted: true, revision: 3 } });
  const again = await server.request('DELETE', '/v1/kv/a/b');
  t.match(again, { status: 200, json: { deleted: false, revision: 3 } });
  const absent = await server.request('GET', '/v1/kv/a/b');
  t.match(absent, { status: 404, json: { code: 'key_not_found', shard: 2 } });
  const absentHead = await server.request('HEAD', '/v1/kv/a/b');
  t.match(absentHead, { status: 404, text: '' });
  t.equal(absentHead.headers['content-length'], absent.headers['content-length']);
});

t.test('every data answer, 304, 404 and 412 too, carries the same headers', async (t) => {
  const server = await startServer(t);
  server.service.decidedBy = 3;
  await server.request('PUT', '/v1/kv/k', { body: 'v' });
  const answers = [
    await server.request('PUT', '/v1/kv/k', { body: 'v' }),
    await server.request('GET', '/v1/kv/k'),
    await server.request('GET', '/v1/kv/k', { headers: { 'if-none-match': '"2"' } }),
    await server.request('GET', '/v1/kv/x'),
    await server.request('GET', '/v1/kv/k', { headers: { 'if-match': '"1"' } }),
    await server.request('PUT', '/v1/kv/k', { headers: { 'if-match': '"1"' } }),
  ];
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 304, 404, 412, 412],
  );
  t.match(answers[4]?.json, { detail: /does not hold: the key is at revision 2\.$/ });
  t.match(answers[5]?.json, { current_revision: 2, detail: /the key is at revision 2\.$/ });
  const absent = await server.request('PUT', '/v1/kv/x', { headers: { 'if-match': '*' } });
  t.match(absent.json, { status: 412, detail: /does not hold: the key does not exist\.$/ });
  for (const { status, headers } of answers) {
    t.match(
      headers,
      {
        'kvorum-revision': '2',
        'kvorum-node': '3',
        'kvorum-via': '1',
        'kvorum-shard': /^\d+$/,
        'kvorum-request-id': /^1-/,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      },
      String(status),
    );
  }
  server.service.decidedBy = 1;
  const own = await server.request('GET', '/v1/kv/k');
  t.equal(own.headers['kvorum-via'], undefined);
});

t.test('consistency, staleness, time and forwarding reach the service', async (t) => {
  const server = await startServer(t);
  const { service } = server;
  await server.request('GET', '/v1/kv/k');
  t.match(service.reads.at(-1), {
    request: { consistency: 'linearizable', maxStalenessMs: undefined },
    context: { timeoutMs: 5000, forward: true, requestId: /^1-/ },
  });
  const stale = await server.request('GET', '/v1/kv/k?consistency=stale&max_staleness=2s', {
    headers: { 'kvorum-timeout': '250ms', 'kvorum-forward': 'never', 'kvorum-request-id': 'mine' },
  });
  t.match(service.reads.at(-1), {
    request: { consistency: 'stale', maxStalenessMs: 2000 },
    context: { timeoutMs: 250, forward: false, requestId: 'mine' },
  });
  t.match(stale.headers, {
    'kvorum-consistency': 'stale',
    'kvorum-staleness': '12',
    'kvorum-request-id': 'mine',
  });
  service.stalenessMs = undefined;
  const unconfirmed = await server.request('GET', '/v1/kv/k?consistency=stale');
  t.equal(unconfirmed.headers['kvorum-staleness'], 'unknown');
});

t.test('what is malformed, unknown or not built is refused and changes nothing', async (t) => {
  const server = await startServer(t);
  const cases: readonly (readonly [string, string, Record<string, string>, number, object])[] = [
    ['PUT', '?x=1', {}, 400, { code: 'unknown_parameter', parameter: 'x' }],
    ['PUT', '?ttl=30s', {}, 501, { code: 'not_built', feature: 'ttl' }],
    ['DELETE', '?ttl=30s', {}, 400, { code: 'unknown_parameter' }],
    ['PUT', '', { 'idempotency-key': '"a"' }, 501, { feature: 'Idempotency-Key' }],
    ['DELETE', '', { 'idempotency-key': '"a"' }, 501, { feature: 'Idempotency-Key' }],
    ['GET', '?consistency=lease', {}, 501, { feature: 'consistency=lease' }],
    ['GET', '?consistency=x', {}, 400, { allowed: ['linearizable', 'stale'] }],
    ['GET', '?max_staleness=1s', {}, 400, { parameter: 'max_staleness' }],
    ['GET', '', { 'kvorum-timeout': '5' }, 400, { detail: /^Kvorum-Timeout is 5; allowed/ }],
    ['GET', '', { 'kvorum-timeout': '61s' }, 400, { header: 'Kvorum-Timeout' }],
    ['GET', '', { 'kvorum-timeout': '9ms' }, 400, { header: 'Kvorum-Timeout' }],
    ['PUT', '', { 'kvorum-forward': 'always' }, 400, { allowed: ['never'] }],
    ['PUT', '', { 'content-encoding': 'gzip' }, 415, { code: 'unsupported_encoding' }],
    ['PUT', '', { 'content-range': 'bytes 0-1/2' }, 400, { header: 'Content-Range' }],
    ['PUT', '', { 'content-type': 'x'.repeat(257) }, 400, { header: 'Content-Type' }],
    ['PUT', '', { 'content-type': 'text/\xe4' }, 400, { header: 'Content-Type' }],
    ['POST', '', {}, 405, { allowed: ['GET', 'HEAD', 'PUT', 'DELETE'] }],
    ['OPTIONS', '', {}, 405, { code: 'method_not_allowed' }],
  ];
  for (const [method, query, headers, status, json] of cases) {
    const answer = await server.request(method, `/v1/kv/k${query}`, { headers });
    const name = `${method} ${query} ${JSON.stringify(headers)}`;
    t.match(answer, { status, json: { status, outcome: 'not_applied', ...json } }, name);
    t.equal(answer.headers['content-type'], 'application/problem+json');
    t.equal(answer.headers['kvorum-shard'], String(server.service.shardOf(Buffer.from('k'))));
  }
  const allow = (await server.request('PATCH', '/v1/kv/k')).headers.allow;
  t.equal(allow, 'GET, HEAD, PUT, DELETE');
  for (const name of [
    'If-Match',
    'Content-Type',
    'Kvorum-Timeout',
    'If-None-Match',
    'Kvorum-Forward',
  ]) {
    const answer = await server.request('PUT', '/v1/kv/k', { headers: { [name]: ['a', 'b'] } });
    t.match(answer, { status: 400 }, name);
  }
  const twice = await server.request('GET', '/v1/kv/k', {
    headers: { 'Kvorum-Timeout': ['1s', '1s'] },
  });
  t.match(twice.json, { code: 'repeated_header', header: 'Kvorum-Timeout' });
  for (const method of ['GET', 'DELETE']) {
    const answer = await server.request(method, '/v1/kv/k', { body: 'x' });
    t.match(answer, { status: 400, json: { code: 'unexpected_body' } }, method);
  }
  t.equal(server.service.writes.length + server.service.reads.length, 0);
});

t.test('errors of the service keep code, outcome and facts', async (t) => {
  const server = await startServer(t);
  const { service } = server;
  const fail = (error: Error) => {
    service.before = () => Promise.reject(error);
  };
  fail(new KvError('no_leader', { shard: 7, retryAfterMs: 2500 }));
  const refused = await server.request('PUT', '/v1/kv/k', { body: 'v' });
  t.match(refused, {
    status: 503,
    json: {
      code: 'no_leader',
      outcome: 'not_applied',
      retryable: true,
      retry_after_ms: 2500,
      shard: 7,
      detail: /consistency=stale/,
    },
    headers: { 'retry-after': '3', 'kvorum-shard': /\d/ },
  });
  fail(new KvError('not_leader', { leader: 2, leaderHttpAddress: '127.0.0.1:8402' }));
  t.match(await server.request('PUT', '/v1/kv/k'), {
    status: 421,
    json: { leader_node: 2, leader_address: '127.0.0.1:8402' },
    headers: { 'kvorum-leader': '127.0.0.1:8402' },
  });
  fail(new KvError('outcome_unknown'));
  const unknown = await server.request('PUT', '/v1/kv/k');
  t.match(unknown, { status: 504, json: { outcome: 'unknown', retryable: false } });
  t.equal(unknown.headers['retry-after'], undefined);
  fail(new KvError('too_stale', { stalenessMs: 900.5 }));
  const stale = await server.request('GET', '/v1/kv/k?consistency=stale');
  t.match(stale, { status: 503, json: { staleness_ms: 901 } });
  fail(new KvError('tag_full'));
  t.equal((await server.request('PUT', '/v1/kv/k')).status, 507);
  fail(new KvError('not_leader', { leaderHttpAddress: 'bad\r\nX: y' }));
  t.equal((await server.request('PUT', '/v1/kv/k')).headers['x'], undefined);
});

t.test('a bug is a 500 that tells nothing, and an unknown outcome for a write', async (t) => {
  const server = await startServer(t);
  const throwing = [() => Promise.reject(new Error('secret')), () => Promise.reject(undefined)];
  for (const before of throwing) {
    server.service.before = before;
    const write = await server.request('PUT', '/v1/kv/k', { body: 'v' });
    t.match(write, { status: 500, json: { code: 'internal_error_on_write', outcome: 'unknown' } });
    const read = await server.request('GET', '/v1/kv/k');
    t.match(read, { status: 500, json: { code: 'internal_error', outcome: 'not_applied' } });
    t.notMatch(write.text + read.text, /secret/);
  }
  t.match(server.logs[0], { level: 50, err: { message: 'secret', stack: /kv\.test/ } });
  server.service.before = undefined;
  const { service } = server;
  service.write = () => {
    throw new Error('not even a promise');
  };
  t.equal((await server.request('PUT', '/v1/kv/k', { body: 'v' })).status, 500);
  service.shardOf = () => {
    throw new Error('nor here');
  };
  t.equal((await server.request('GET', '/v1/kv/k')).status, 500);
  service.shardOf = () => 1;
  const bad = { shard: 1, node: 1, shardRevision: 1 };
  service.read = async () => ({
    ...bad,
    found: { value: 'x' as never, contentType: 5 as never, revision: 1 },
  });
  t.ok((await server.request('GET', '/v1/kv/k')).status >= 200, 'an answer in any case');
});

t.test('a kept content type that no header can carry is left out', async (t) => {
  const server = await startServer(t);
  const value = Buffer.from('v');
  server.service.stored.set('k', { value, contentType: 'a\r\nX: y', revision: 4 });
  const get = await server.request('GET', '/v1/kv/k');
  t.match(get, { status: 200, text: 'v' });
  t.equal(get.headers['content-type'], undefined);
});

t.test('pipelined requests are answered in order', async (t) => {
  const server = await startServer(t);
  const put = (key: string, more = '') =>
    `PUT /v1/kv/${key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n${more}\r\nv`;
  const text = await server.raw(put('a') + put('b') + put('c', 'Connection: close\r\n'));
  t.same(
    [...text.matchAll(/"key":"(.)"/g)].map((match) => match[1]),
    ['a', 'b', 'c'],
  );
});

t.test('garbage behind a write under way is not taken for its answer', async (t) => {
  const server = await startServer(t);
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  server.service.before = () => opened;
  const text = await server.raw(
    'PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nvGARBAGE\r\n\r\n',
  );
  t.equal(text, '', 'closed without a word: the outcome is unknown to the client');
  t.equal(server.service.writes.length, 1);
  gate.open?.();
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

t.test('clients that go away in the middle leave nothing behind', async (t) => {
  const server: TestServer = await startServer(t);
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  server.service.before = () => opened;
  const sockets = Array.from({ length: 50 }, (_, at) => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    const method = at % 2 === 0 ? 'PUT' : 'GET';
    const body = method === 'PUT' ? 'Content-Length: 1\r\n\r\nv' : '\r\n';
    socket.write(`${method} /v1/kv/a HTTP/1.1\r\nHost: localhost\r\n${body}`);
    return socket;
  });
  await waitFor(() => server.service.writes.length + server.service.reads.length === 50);
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  gate.open?.();
  server.service.before = undefined;
  t.equal((await server.request('GET', '/v1/kv/a')).status, 200);
  const metrics = (await server.request('GET', '/metrics')).text;
  t.match(metrics, /kvorum_http_bounded\{resource="requests"\} 0\n/);
  t.match(metrics, /kvorum_http_bounded\{resource="body_bytes"\} 0\n/);
});
