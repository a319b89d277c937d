/**
 * Every route of the API but the keys themselves, built or not. Decides what a request to anything
 * else than a key gets: passed on, 404, 405 or 501. Paths are compared as they came: no decoding,
 * no tidying, so there is one spelling of each.
 */
export type RouteVerdict =
  | { readonly kind: 'serve'; readonly route: string }
  | { readonly kind: 'not-built'; readonly route: string }
  | { readonly kind: 'wrong-method'; readonly route: string; readonly allowed: readonly string[] }
  | { readonly kind: 'unknown' };

interface Route {
  readonly route: string;
  readonly path: RegExp;
}

const reading: readonly string[] = ['GET', 'HEAD'];
const changing: readonly string[] = ['POST'];
const both: readonly string[] = [...reading, ...changing];

/** Served by fastify: what only reads. */
const pages: readonly Route[] = [
  '/',
  '/livez',
  '/readyz',
  '/metrics',
  '/admin/v1/shards',
  '/admin/v1/shards/{id}',
  '/admin/v1/balance',
  '/admin/v1/audit',
  '/admin/v1/plans/{id}',
  '/admin/v1/jobs',
  '/admin/v1/jobs/{id}/events',
  '/docs',
  '/docs/',
  '/docs/json',
  '/docs/yaml',
  '/docs/static/{file}',
  '/docs/errors',
  '/docs/errors/{code}',
].map(toRoute);

/** Served by fastify: what changes something, with a JSON body. */
const operations: readonly Route[] = [
  '/admin/v1/shards/{id}/members',
  '/admin/v1/shards/{id}/transfer-leader',
  '/admin/v1/shards/{id}/split',
  '/admin/v1/shards/{id}/merge',
  '/admin/v1/shards/{id}/move',
  '/admin/v1/shards/{id}/add-replica',
  '/admin/v1/shards/{id}/remove-replica',
  '/admin/v1/nodes/{id}/drain',
  '/admin/v1/nodes/{id}/undrain',
  '/admin/v1/explain',
  '/admin/v1/plans/{id}/execute',
  '/admin/v1/jobs/{id}/pause',
  '/admin/v1/jobs/{id}/resume',
  '/admin/v1/jobs/{id}/cancel',
  '/admin/v1/jobs/{id}/rollback-plan',
].map(toRoute);

/** Served by fastify: what does both. */
const resources: readonly (readonly [route: string, allowed: readonly string[]])[] = [
  ['/admin/v1/nodes', both],
  ['/admin/v1/plans', both],
  ['/admin/v1/pins', both],
  ['/admin/v1/cluster', [...reading, 'PATCH']],
  ['/admin/v1/balancer', [...reading, 'PATCH']],
  ['/admin/v1/jobs/{id}', [...reading, 'PATCH']],
  ['/admin/v1/nodes/{id}', [...reading, 'PATCH', 'DELETE']],
  ['/admin/v1/pins/{id}', ['DELETE']],
];

const built: readonly (Route & { readonly allowed: readonly string[] })[] = [
  ...pages.map((page) => ({ ...page, allowed: reading })),
  ...operations.map((operation) => ({ ...operation, allowed: changing })),
  ...resources.map(([route, allowed]) => ({ ...toRoute(route), allowed })),
];

/** Parts of the API that later versions bring; with `/...` everything below it. */
const notBuilt: readonly Route[] = [
  '/v1/kv',
  '/v1/batch',
  '/v1/txn',
  '/v1/watch',
  '/v1/leases/...',
  '/v1/locks/...',
  '/v1/elections/...',
  '/admin/v1/shards/{id}/...',
  '/admin/v1/backup/...',
].map(toRoute);

const writableLater = new Set(['/admin/v1/shards', '/admin/v1/shards/{id}']);

export function findRoute(method: string, path: string): RouteVerdict {
  for (const { route, path: pattern, allowed } of built) {
    if (!pattern.test(path)) continue;
    if (allowed.includes(method)) return { kind: 'serve', route };
    if (writableLater.has(route) && isWriting(method)) return { kind: 'not-built', route };
    return { kind: 'wrong-method', route, allowed };
  }
  for (const { route, path: pattern } of notBuilt) {
    if (pattern.test(path)) return { kind: 'not-built', route };
  }
  return { kind: 'unknown' };
}

function isWriting(method: string): boolean {
  return method === 'POST' || method === 'PATCH' || method === 'PUT' || method === 'DELETE';
}

function toRoute(route: string): Route {
  const pattern = route
    .replaceAll('.', '\\.')
    .replace('/\\.\\.\\.', '(?:/.*)?')
    .replace(/\{\w+\}/g, '[^/]+');
  return { route, path: new RegExp(`^${pattern}$`) };
}
