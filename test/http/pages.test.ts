import t from 'tap';
import { startServer } from './harness.js';

t.test('pages have an id, a node, and headers that keep browsers careful', async (t) => {
  const server = await startServer(t);
  for (const path of [
    '/',
    '/livez',
    '/readyz',
    '/metrics',
    '/admin/v1/nodes',
    '/docs',
    '/docs/json',
  ]) {
    const { status, headers } = await server.request('GET', path);
    t.equal(status, 200, path);
    t.match(headers, {
      'kvorum-node': '1',
      'kvorum-request-id': /^1-/,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': /default-src 'none'/,
    });
    t.equal((await server.request('HEAD', path)).status, 200, `HEAD ${path}`);
  }
});

t.test('bad parameters of pages are refused by name', async (t) => {
  const server = await startServer(t);
  const cases: readonly (readonly [string, object])[] = [
    ['/livez?x=1', { code: 'unknown_parameter', parameter: 'x' }],
    ['/metrics?x', { code: 'unknown_parameter', parameter: 'x' }],
    ['/?__proto__=1', { code: 'unknown_parameter' }],
    ['/readyz?verbose=maybe', { code: 'invalid_parameter', allowed: ['', 'true', 'false'] }],
    ['/readyz?verbose&verbose', { code: 'repeated_parameter', parameter: 'verbose' }],
    ['/admin/v1/shards?x=%zz', { code: 'unknown_parameter' }],
  ];
  for (const [path, json] of cases) {
    const answer = await server.request('GET', path);
    t.match(answer, { status: 400, json: { status: 400, ...json } }, path);
    t.equal(answer.headers['content-type'], 'application/problem+json');
  }
  const body = await server.request('GET', '/livez', { body: 'x' });
  t.match(body, { status: 400, json: { code: 'unexpected_body' } });
});

t.test("fastify's own refusals and bugs are problems too", async (t) => {
  const server = await startServer(t);
  const bad = await server.request('GET', '/admin/v1/shards/%zz');
  t.match(bad, { status: 400, json: { code: 'invalid_target' } });
  const long = await server.request('GET', `/admin/v1/shards/${'9'.repeat(200)}`);
  t.match(long, { status: 404, headers: { 'content-type': 'application/problem+json' } });
  const file = await server.request('GET', '/docs/static/none.js');
  t.match(file, { status: 404, json: { code: 'route_not_found' } });
  for (const path of ['/docs/static/..%2f..%2fpackage.json', '/docs/static/%2e%2e']) {
    const outside = await server.request('GET', path);
    t.ok(outside.status >= 400, path);
    t.notMatch(outside.text, /"dependencies"/);
  }
  server.service.shards = () => {
    throw new Error('secret');
  };
  const bug = await server.request('GET', '/admin/v1/shards');
  t.match(bug, { status: 500, json: { code: 'internal_error', outcome: 'not_applied' } });
  t.notMatch(bug.text, /secret/);
  t.match(server.logs, [{ level: 50, requestId: bug.json.request_id, err: { message: 'secret' } }]);
});

t.test('an answer that does not fit its schema is a bug, not a leak', async (t) => {
  const server = await startServer(t);
  server.service.checks = [{ name: 'x', ok: 'no' as never, detail: 'd' }];
  const answer = await server.request('GET', '/readyz?verbose');
  t.match(answer, { status: 500, json: { code: 'internal_error' } });
});
