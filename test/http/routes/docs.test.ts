import t from 'tap';
import { problems } from '../../../src/http/problems.js';
import { startServer } from '../harness.js';

t.test('the page has everything from this node', async (t) => {
  const server = await startServer(t);
  const page = await server.request('GET', '/docs');
  t.equal(page.status, 200);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  t.ok(links.length >= 5);
  for (const link of links) {
    t.match(link, /^\/docs\/static\//, 'local');
    t.equal((await server.request('GET', link)).status, 200, link);
  }
  t.match(page.headers['content-security-policy'], /script-src 'self'/);
  const setup = await server.request('GET', '/docs/static/swagger-initializer.js');
  t.notMatch(
    setup.text.replace(/^\s*\/\/.*$/gm, ''),
    /https?:\/\//,
    'nothing is fetched from elsewhere',
  );
});

t.test('OpenAPI 3.1 with every route', async (t) => {
  const server = await startServer(t);
  const { json } = await server.request('GET', '/docs/json');
  t.equal(json.openapi, '3.1.0');
  const paths = json.paths as Record<string, Record<string, unknown>>;
  t.same(Object.keys(paths['/v1/kv/{key}'] ?? {}).sort(), ['delete', 'get', 'put']);
  for (const path of [
    '/',
    '/livez',
    '/readyz',
    '/metrics',
    '/admin/v1/shards',
    '/admin/v1/shards/{id}',
    '/admin/v1/nodes',
  ]) {
    t.ok(paths[path]?.get, path);
  }
});

t.test("every problem's type resolves", async (t) => {
  const server = await startServer(t);
  const all = JSON.parse((await server.request('GET', '/docs/errors')).text) as unknown[];
  t.equal(all.length, Object.keys(problems).length);
  const { json: problem } = await server.request('GET', '/v1/kv/a');
  const { status, json } = await server.request('GET', String(problem.type));
  t.equal(status, 200);
  t.match(json, { code: 'key_not_found', status: 404, outcome: 'not_applied' });
  for (const code of ['x', '__proto__', 'constructor']) {
    t.equal((await server.request('GET', `/docs/errors/${code}`)).status, 404, code);
  }
});
