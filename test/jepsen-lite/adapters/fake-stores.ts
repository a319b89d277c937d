/**
 * etcd's JSON gateway and Consul's key-value routes, as their documentation describes them, over a
 * map: enough to show that the presets speak their languages.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Test } from 'tap';

interface Entry {
  readonly value: string;
  readonly revision: number;
  readonly version: number;
}
type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;

export async function serve(t: Test, answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    text(request).then((body) => answer(request, body, response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Compare {
  readonly key: string;
  readonly target: 'MOD' | 'VERSION' | 'VALUE';
  readonly result: 'EQUAL' | 'GREATER';
  readonly mod_revision?: string;
  readonly version?: string;
  readonly value?: string;
}

/** Keys and values stay base64, as they come. */
export function fakeEtcd(): Answer {
  const entries = new Map<string, Entry>();
  let revision = 1;
  const header = () => ({
    cluster_id: '1',
    member_id: '2',
    revision: `${revision}`,
    raft_term: '2',
  });
  const range = ({ key }: { key: string }) => {
    const entry = entries.get(key);
    if (entry === undefined) return { header: header() };
    const { value, version, revision: mod } = entry;
    const kv = { key, value, mod_revision: `${mod}`, version: `${version}` };
    return { header: header(), kvs: [kv], count: '1' };
  };
  const put = ({ key, value, prev_kv }: { key: string; value: string; prev_kv?: boolean }) => {
    const before = entries.get(key);
    revision += 1;
    entries.set(key, { value, revision, version: (before?.version ?? 0) + 1 });
    const had = prev_kv === true && before !== undefined;
    return { header: header(), ...(had && { prev_kv: { key, value: before.value } }) };
  };
  const remove = ({ key }: { key: string }) => {
    const had = entries.delete(key);
    if (had) revision += 1;
    return { header: header(), ...(had && { deleted: '1' }) };
  };
  const holds = ({ key, target, result, ...wanted }: Compare) => {
    const entry = entries.get(key);
    if (target === 'VALUE') return entry?.value === wanted.value;
    const [is, than] =
      target === 'MOD'
        ? [entry?.revision ?? 0, Number(wanted.mod_revision)]
        : [entry?.version ?? 0, Number(wanted.version)];
    return result === 'EQUAL' ? is === than : is > than;
  };
  const operation = (one: Record<string, never>) => {
    if ('request_put' in one) return { response_put: put(one['request_put']) };
    if ('request_range' in one) return { response_range: range(one['request_range']) };
    return { response_delete_range: remove(one['request_delete_range'] ?? { key: '' }) };
  };
  const routes: Readonly<Record<string, (body: never) => object>> = {
    '/v3/kv/range': range,
    '/v3/kv/put': put,
    '/v3/kv/deleterange': remove,
    '/v3/kv/txn': (body: {
      compare: Compare[];
      success: Record<string, never>[];
      failure: Record<string, never>[];
    }) => {
      const succeeded = body.compare.every(holds);
      const responses = (succeeded ? body.success : body.failure).map(operation);
      return { header: header(), ...(succeeded && { succeeded }), responses };
    },
  };
  return (request, body, response) => {
    const route = routes[request.url ?? ''];
    response.statusCode = route === undefined ? 404 : 200;
    response.end(JSON.stringify(route?.(JSON.parse(body) as never) ?? { message: 'Not Found' }));
  };
}

export function fakeConsul(): Answer {
  const entries = new Map<string, Entry>();
  let revision = 1;
  return (request, body, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://consul');
    const key = pathname.replace('/v1/kv/', '');
    const entry = entries.get(key);
    if (request.method === 'GET') {
      if (entry === undefined) response.statusCode = 404;
      const Value = Buffer.from(entry?.value ?? '').toString('base64');
      const found = [{ Key: key, Value, ModifyIndex: entry?.revision, Flags: 0 }];
      return void response.end(entry === undefined ? '' : JSON.stringify(found));
    }
    const cas = searchParams.get('cas');
    if (cas !== null && Number(cas) !== (entry?.revision ?? 0)) return void response.end('false');
    revision += 1;
    if (request.method === 'DELETE') entries.delete(key);
    else entries.set(key, { value: body, revision, version: 0 });
    response.end('true');
  };
}
