/** Kvorum's own API. Its errors say what is known of the outcome, and that is believed. */
import type { AdapterDescription, RequestDescription, Rule } from './description.js';

const outcome: readonly Rule[] = [
  { status: '412', then: 'precondition-failed' },
  { status: '*', where: 'json:outcome', is: 'not_applied', then: 'fail' },
  { status: '*', where: 'json:outcome', is: 'unknown', then: 'info' },
];
const put: RequestDescription = {
  method: 'PUT',
  path: '/v1/kv/{key}',
  headers: { 'content-type': 'text/plain' },
  body: '{value}',
  answers: [
    { status: '201', then: 'created' },
    { status: '200', then: 'replaced' },
    ...outcome,
  ],
};
const remove: RequestDescription = {
  method: 'DELETE',
  path: '/v1/kv/{key}',
  answers: [
    { status: '200', where: 'json:deleted', is: 'true', then: 'deleted' },
    { status: '200', then: 'absent' },
    ...outcome,
  ],
};
const get: RequestDescription = {
  method: 'GET',
  path: '/v1/kv/{key}',
  answers: [
    { status: '404', where: 'json:code', is: 'key_not_found', then: 'absent' },
    { status: '404', then: 'fail' },
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
