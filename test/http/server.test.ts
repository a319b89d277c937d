import t from 'tap';
import { startServer } from './harness.js';

t.test('put, get, delete', async (t) => {
  const server = await startServer(t);
  const put = await server.request('PUT', '/v1/kv/a/b', { body: 'hello' });
  t.equal(put.status, 201);
  t.match(put.json, { key: 'a/b', revision: 1, created: true });
  const get = await server.request('GET', '/v1/kv/a/b');
  t.equal(get.text, 'hello');
  for (const path of [
    '/',
    '/livez',
    '/readyz?verbose',
    '/metrics',
    '/docs',
    '/docs/json',
    '/docs/errors',
    '/docs/errors/no_leader',
    '/admin/v1/shards',
    '/admin/v1/shards/2',
    '/admin/v1/nodes',
    '/docs/static/swagger-ui.css',
    '/nope',
    '/livez?x=1',
    '/readyz?verbose=no',
    '/v1/kv?prefix=a',
    '/v1/kv/',
  ]) {
    const page = await server.request('GET', path);
    console.error(path, page.status, page.headers, page.text.slice(0, 1500));
  }
});
