/**
 * etcd's v3 JSON gateway: every call is a POST, keys and values are base64, numbers are strings.
 * The revision is one for the whole store and counts writes, so it takes the place of a shard's.
 */
import type { AdapterDescription, RequestDescription } from './description.js';

const post = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
const rangeFacts = { value: 'json:kvs.0.value|base64', revision: 'json:kvs.0.mod_revision' };
const range: RequestDescription = {
  ...post,
  path: '/v3/kv/range',
  body: '{"key":"{key|base64}"}',
  answers: [{ status: '200', where: 'json:kvs.0.key', is: null, means: 'absent' }],
  facts: rangeFacts,
};

const putIt = '{"request_put":{"key":"{key|base64}","value":"{value|base64}"}}';
const deleteIt = '{"request_delete_range":{"key":"{key|base64}"}}';
/** What stands there when the comparison fails. */
const readIt = '{"request_range":{"key":"{key|base64}"}}';

function transaction(compare: string, then: string): RequestDescription {
  return {
    ...post,
    path: '/v3/kv/txn',
    body:
      `{"compare":[{"key":"{key|base64}",${compare}}],` +
      `"success":[${then}],"failure":[${readIt}]}`,
    answers: [
      // A field that is false is left out of the answer.
      { status: '200', where: 'json:succeeded', is: 'true', means: 'ok' },
      { status: '200', means: 'precondition-failed' },
    ],
    facts: { revision: 'json:responses.0.response_range.kvs.0.mod_revision' },
  };
}

const revisionIs = '"target":"MOD","result":"EQUAL","mod_revision":"{revision}"';
const absent = '"target":"VERSION","result":"EQUAL","version":"0"';
const present = '"target":"VERSION","result":"GREATER","version":"0"';
const valueIs = '"target":"VALUE","result":"EQUAL","value":"{expected|base64}"';

export const etcd: AdapterDescription = {
  name: 'etcd',
  about: 'etcd v3 through its JSON gateway, /v3/kv',
  facts: {
    shardRevision: 'json:header.revision',
    node: 'json:header.member_id',
    error: 'json:message',
  },
  read: range,
  staleRead: { ...range, body: '{"key":"{key|base64}","serializable":true}' },
  write: {
    ...post,
    path: '/v3/kv/put',
    body: '{"key":"{key|base64}","value":"{value|base64}","prev_kv":true}',
    answers: [
      { status: '200', where: 'json:prev_kv.key', is: null, means: 'created' },
      { status: '200', means: 'replaced' },
    ],
  },
  writeIfRevision: transaction(revisionIs, putIt),
  writeIfAbsent: transaction(absent, putIt),
  writeIfPresent: transaction(present, putIt),
  delete: {
    ...post,
    path: '/v3/kv/deleterange',
    body: '{"key":"{key|base64}"}',
    answers: [
      { status: '200', where: 'json:deleted', is: '1', means: 'deleted' },
      { status: '200', means: 'absent' },
    ],
  },
  deleteIfRevision: transaction(revisionIs, deleteIt),
  compareAndSet: transaction(valueIs, putIt),
};
