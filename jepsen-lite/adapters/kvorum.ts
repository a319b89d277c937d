/** Kvorum's own API. Its errors say what is known of the outcome, and that is believed. */
import type { AdapterDescription, RequestDescription, Rule } from './description.js';

const outcome: readonly Rule[] = [
  { status: '412', means: 'precondition-failed' },
  { status: '*', where: 'json:outcome', is: 'not_applied', means: 'fail' },
  { status: '*', where: 'json:outcome', is: 'unknown', means: 'info' },
];
const put: RequestDescription = {
  method: 'PUT',
  path: '/v1/kv/{key}',
  headers: { 'content-type': 'text/plain' },
  body: '{value}',
  answers: [{ status: '201', means: 'created' }, { status: '200', means: 'replaced' }, ...outcome],
};
const remove: RequestDescription = {
  method: 'DELETE',
  path: '/v1/kv/{key}',
  answers: [
    { status: '200', where: 'json:deleted', is: 'true', means: 'deleted' },
    { status: '200', means: 'absent' },
    ...outcome,
  ],
};
const get: RequestDescription = {
  method: 'GET',
  path: '/v1/kv/{key}',
  answers: [
    { status: '404', where: 'json:code', is: 'key_not_found', means: 'absent' },
    { status: '404', means: 'fail' },
  ],
};
const putIf = (headers: Readonly<Record<string, string>>): RequestDescription => ({
  ...put,
  headers: { ...put.headers, ...headers },
});

export const kvorum: AdapterDescription = {
  name: 'kvorum',
  about: 'Kvorum: /v1/kv, entity tags as revisions',
  headers: { 'kvorum-timeout': '{timeoutMs}ms' },
  facts: {
    revision: 'header:etag',
    shard: 'header:kvorum-shard',
    shardRevision: 'header:kvorum-revision',
    node: 'header:kvorum-node',
    stalenessMs: 'header:kvorum-staleness',
    error: 'json:code',
  },
  read: get,
  staleRead: { ...get, path: '/v1/kv/{key}?consistency=stale' },
  write: put,
  writeIfRevision: putIf({ 'if-match': '"{revision}"' }),
  writeIfAbsent: putIf({ 'if-none-match': '*' }),
  writeIfPresent: putIf({ 'if-match': '*' }),
  delete: remove,
  deleteIfRevision: { ...remove, headers: { 'if-match': '"{revision}"' } },
};
