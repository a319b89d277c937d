import t from 'tap';
import { findRoute } from '../../src/http/route-table.js';

t.test('pages', (t) => {
  for (const path of [
    '/',
    '/livez',
    '/docs',
    '/docs/',
    '/docs/static/x.js',
    '/admin/v1/shards/7',
  ]) {
    t.equal(findRoute('GET', path).kind, 'serve', path);
    t.equal(findRoute('HEAD', path).kind, 'serve', path);
  }
  t.match(findRoute('POST', '/livez'), { kind: 'wrong-method', allowed: ['GET', 'HEAD'] });
  t.match(findRoute('PROPFIND', '/'), { kind: 'wrong-method' });
  t.match(findRoute('OPTIONS', '/admin/v1/shards'), { kind: 'wrong-method' });
  t.end();
});

t.test('operations only take POST', (t) => {
  for (const route of ['members', 'transfer-leader']) {
    const path = `/admin/v1/shards/3/${route}`;
    t.same(findRoute('POST', path), { kind: 'serve', route: `/admin/v1/shards/{id}/${route}` });
    t.match(findRoute('GET', path), { kind: 'wrong-method', allowed: ['POST'] });
    t.equal(findRoute('POST', `${path}/`).kind, 'not-built');
  }
  t.end();
});

t.test('resources take what they take, and name it', (t) => {
  const served: readonly (readonly [string, readonly string[]])[] = [
    ['/admin/v1/nodes', ['GET', 'HEAD', 'POST']],
    ['/admin/v1/nodes/3', ['GET', 'HEAD', 'PATCH', 'DELETE']],
    ['/admin/v1/plans', ['GET', 'HEAD', 'POST']],
    ['/admin/v1/plans/3', ['GET', 'HEAD']],
    ['/admin/v1/plans/3/execute', ['POST']],
    ['/admin/v1/jobs/3', ['GET', 'HEAD', 'PATCH']],
    ['/admin/v1/jobs/3/events', ['GET', 'HEAD']],
    ['/admin/v1/balancer', ['GET', 'HEAD', 'PATCH']],
    ['/admin/v1/pins/3', ['DELETE']],
    ['/admin/v1/cluster', ['GET', 'HEAD', 'PATCH']],
  ];
  for (const [path, methods] of served) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const verdict = findRoute(method, path);
      if (methods.includes(method)) t.equal(verdict.kind, 'serve', `${method} ${path}`);
      else t.match(verdict, { kind: 'wrong-method', allowed: methods }, `${method} ${path}`);
    }
  }
  t.end();
});

t.test('what is in the API but not built', (t) => {
  const later: readonly (readonly [string, string])[] = [
    ['GET', '/v1/kv'],
    ['POST', '/v1/batch'],
    ['POST', '/v1/txn'],
    ['GET', '/v1/watch'],
    ['POST', '/v1/leases'],
    ['PUT', '/v1/locks/a/b'],
    ['GET', '/v1/elections/x'],
    ['POST', '/admin/v1/backup'],
    ['POST', '/admin/v1/shards/3/scatter'],
    ['POST', '/admin/v1/shards'],
  ];
  for (const [method, path] of later) t.equal(findRoute(method, path).kind, 'not-built', path);
  t.end();
});

t.test('everything else is unknown, in exactly this spelling', (t) => {
  const unknown = [
    '',
    '/x',
    '//livez',
    '/livez/',
    '/LIVEZ',
    '/%6civez',
    '/v1',
    '/v1/',
    '/v1/batch/x',
  ];
  for (const path of [
    ...unknown,
    '/admin/v1',
    '/docs/static/a/b',
    '/v1/kvx',
    '/admin/v1/shards/',
  ]) {
    t.equal(findRoute('GET', path).kind, 'unknown', path);
  }
  t.end();
});
