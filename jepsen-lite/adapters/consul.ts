/**
 * Consul's key-value store. A write answers `true` or `false`; a `?cas=` number is the
 * ModifyIndex of the key, and 0 says that it must not exist. Reads are asked to be consistent:
 * the default of Consul trusts a leader's lease. Consul numbers writes but does not say the number
 * of a write in its answer, so histories have no order to witness and are searched.
 */
import type { AdapterDescription, RequestDescription, Rule } from './description.js';

const get: RequestDescription = {
  method: 'GET',
  path: '/v1/kv/{key}?consistent',
  answers: [{ status: '404', means: 'absent' }],
  facts: { value: 'json:0.Value|base64', revision: 'json:0.ModifyIndex' },
};

const written: readonly Rule[] = [
  { status: '200', where: 'body', is: 'true', means: 'ok' },
  { status: '200', where: 'body', is: 'true\n', means: 'ok' },
  { status: '200', means: 'precondition-failed' },
];
/** `true` also says that there was nothing to delete: it proves no condition (kvsDeleteCASTxn). */
const deletedOrAbsent: readonly Rule[] = [
  { status: '200', where: 'body', is: 'true', means: 'info' },
  { status: '200', where: 'body', is: 'true\n', means: 'info' },
  { status: '200', means: 'precondition-failed' },
];
const put = (query: string): RequestDescription => ({
  method: 'PUT',
  path: `/v1/kv/{key}${query}`,
  body: '{value}',
  answers: [...written],
});
const remove = (query: string, answers: readonly Rule[]): RequestDescription => ({
  method: 'DELETE',
  path: `/v1/kv/{key}${query}`,
  answers: [...answers],
});

export const consul: AdapterDescription = {
  name: 'consul',
  about: 'Consul KV, /v1/kv',
  read: get,
  staleRead: { ...get, path: '/v1/kv/{key}?stale' },
  write: put(''),
  writeIfRevision: put('?cas={revision}'),
  writeIfAbsent: put('?cas=0'),
  delete: remove('', written),
  deleteIfRevision: remove('?cas={revision}', deletedOrAbsent),
};
