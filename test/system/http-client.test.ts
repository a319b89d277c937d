import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import t, { type Test } from 'tap';
import { HttpClient } from './http-client.js';

async function clientOf(t: Test, listener: RequestListener): Promise<HttpClient> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new HttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

const problem = { 'content-type': 'application/problem+json; charset=utf-8' };

t.test('says of a write what the answer allows to say', async (t) => {
  const answers: [number, object, string | undefined, string][] = [
    [201, {}, '{}', 'ok'],
    [200, {}, '{}', 'ok'],
    [412, problem, '{"code":"precondition_failed","outcome":"not_applied"}', 'not_applied'],
    [503, problem, '{"code":"no_leader","outcome":"not_applied"}', 'not_applied'],
    [504, problem, '{"code":"outcome_unknown","outcome":"unknown"}', 'unknown'],
    [500, {}, 'oops', 'unknown'],
    [502, problem, '{"code":1}', 'unknown'],
    [400, {}, 'bad', 'not_applied'],
  ];
  for (const [status, headers, body, outcome] of answers) {
    const client = await clientOf(t, (_, response) => {
      response.writeHead(status, { ...headers }).end(body);
    });
    t.equal((await client.put('k', 'v')).outcome, outcome, `${status} ${body}`);
  }
});

t.test('a connection that was refused is not applied, one that broke is unknown', async (t) => {
  const gone = createTcpServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  await once(gone.close(), 'close');
  const refused = new HttpClient(`http://127.0.0.1:${port}`);
  t.match(await refused.put('k', 'v'), { outcome: 'not_applied', code: 'ECONNREFUSED' });
  await refused.close();

  let requests = 0;
  const broken = await clientOf(t, (request) => {
    requests += 1;
    request.socket.destroy();
  });
  t.match(await broken.put('k', 'v'), { outcome: 'unknown', status: undefined });
  t.match(await broken.get('k'), { outcome: 'refused', status: undefined });
  t.equal(requests, 2, 'nothing is sent twice');

  const silent = await clientOf(t, () => {});
  t.match(await silent.put('k', 'v', { timeoutMs: 50 }), { outcome: 'unknown' });
});

t.test('reads values, revisions and where they come from; keys are encoded', async (t) => {
  const client = await clientOf(t, (request, response) => {
    if (request.url === '/v1/kv/a%2F%C3%BC%20%3F?consistency=stale') {
      const names = {
        etag: '"7"',
        'kvorum-node': '3',
        'kvorum-shard': '4',
        'kvorum-revision': '9',
      };
      response.writeHead(200, names).end('value');
    } else {
      response.writeHead(404, problem).end('{"code":"key_not_found"}');
    }
  });
  const found = await client.get('a/ü ?', { query: 'consistency=stale' });
  t.match(found, { outcome: 'found', revision: 7, node: 3, shard: 4, shardRevision: 9 });
  t.equal(found.body.toString(), 'value');
  t.match(await client.get('b'), { outcome: 'absent', revision: undefined });
  const route = await clientOf(t, (_, response) => {
    response.writeHead(404, problem).end('{"code":"route_not_found"}');
  });
  t.equal((await route.get('b')).outcome, 'refused', 'a missing route is not a missing key');
});
