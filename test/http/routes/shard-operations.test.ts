import t from 'tap';
import { KvError } from '../../../src/kv/errors.js';
import { startServer, type TestServer } from '../harness.js';

const members = '/admin/v1/shards/3/members';
const transfer = '/admin/v1/shards/3/transfer-leader';

function post(
  server: TestServer,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const json = { 'content-type': 'application/json', ...headers };
  return server.request('POST', path, { headers: json, body: text });
}

t.test('a change of members reaches the service as it was asked for', async (t) => {
  const server = await startServer(t);
  const cases: readonly (readonly [object, object])[] = [
    [
      { action: 'add', node: 4 },
      { action: 'add', node: 4, learner: false, force: false, dryRun: false },
    ],
    [
      { action: 'add', node: 4, learner: true, force: true, expected_epoch: 7, dry_run: true },
      { action: 'add', node: 4, learner: true, force: true, expectedEpoch: 7, dryRun: true },
    ],
    [
      { action: 'promote', node: 4 },
      { action: 'promote', node: 4, dryRun: false },
    ],
    [
      { action: 'demote', node: 65535, expected_epoch: 0 },
      { action: 'demote', node: 65535, expectedEpoch: 0, dryRun: false },
    ],
    [
      { action: 'remove', node: 1 },
      { action: 'remove', node: 1, dryRun: false },
    ],
    [
      { action: 'replace', node: 2, by: 5 },
      { action: 'replace', node: 2, by: 5, force: false, dryRun: false },
    ],
  ];
  for (const [body, request] of cases) {
    const answer = await post(server, members, body, { 'kvorum-timeout': '1500ms' });
    t.equal(answer.status, 200, JSON.stringify(body));
    const { shard, request: asked, context } = server.service.operations.pop() ?? {};
    t.same([shard, asked], [3, request]);
    const requestId = answer.headers['kvorum-request-id'];
    t.same(context, { requestId, timeoutMs: 1500, forward: true });
  }
});

t.test('what became of it: the answer, its status and its headers', async (t) => {
  const server = await startServer(t);
  server.service.decidedBy = 2;
  const done = await post(server, members, { action: 'remove', node: 5 });
  t.match(done.headers, { 'kvorum-node': '2', 'kvorum-via': '1', 'kvorum-shard': '3' });
  t.same(done.json, {
    shard: 3,
    state: 'done',
    changed: true,
    detail: 'Node 5 is done.',
    steps: [{ step: 'remove', node: 5, state: 'done', detail: '' }],
    epoch: 4,
    members: [{ node: 1, replica: 1, role: 'voter', progress: null, snapshot: null }],
  });
  const progress = { state: 'snapshot', match: 0, lag: 900, active: true } as const;
  server.service.membership = {
    state: 'running',
    members: [{ node: 4, replica: 9, role: 'learner', progress }],
  };
  const sending = { group: 3, peer: 4, state: 'sending', index: 80, term: 2 } as const;
  server.service.transfers = [
    { ...sending, group: 2, bytesDone: 1, bytesTotal: 2 },
    { ...sending, bytesDone: 300, bytesTotal: 1_000 },
  ];
  const running = await post(server, members, { action: 'add', node: 4 });
  t.match(running, { status: 202, headers: { 'retry-after': '1' } });
  t.match(running.json, {
    state: 'running',
    members: [
      { progress, snapshot: { state: 'sending', index: 80, bytes_done: 300, bytes_total: 1_000 } },
    ],
  });
});

t.test('a transfer goes to a node, or to the best', async (t) => {
  const server = await startServer(t);
  const named = await post(server, transfer, { to: 3 });
  t.match(named, { status: 200, json: { shard: 3, state: 'done', leader: 3, term: 7 } });
  t.match(await post(server, transfer, {}), { status: 200, json: { leader: 2 } });
  const dry = await post(server, transfer, { to: 'best', dry_run: true });
  t.match(dry, { status: 200, json: { state: 'planned' } });
  t.same(
    server.service.operations.map(({ request }) => request),
    [
      { to: 3, dryRun: false },
      { to: 'best', dryRun: false },
      { to: 'best', dryRun: true },
    ],
  );
});

t.test(
  'a body is taken as it should be or refused by name; nothing reaches the service',
  async (t) => {
    const server = await startServer(t);
    const wrong: readonly (readonly [string, unknown, object])[] = [
      [members, { action: 'add', node: 4, lerner: true }, { parameter: 'lerner' }],
      [members, { action: 'promote', node: 4, force: true }, { parameter: 'force' }],
      [members, { action: 'add' }, { parameter: 'node' }],
      [members, { action: 'add', node: '4' }, { parameter: 'node' }],
      [members, { action: 'add', node: 0 }, { parameter: 'node' }],
      [members, { action: 'add', node: 65536 }, { parameter: 'node' }],
      [members, { action: 'remove', node: 1, expected_epoch: -1 }, { parameter: 'expected_epoch' }],
      [members, { action: 'remove', node: 1, dry_run: 'yes' }, { parameter: 'dry_run' }],
      [members, { action: 'move', node: 4 }, { parameter: 'action' }],
      [members, { action: 'replace', node: 4, by: 4 }, { parameter: 'by' }],
      [members, [], {}],
      [members, 'null', {}],
      [members, '{"action":', {}],
      [members, '{"__proto__":{}}', {}],
      [members, '', {}],
      [transfer, { to: 'anybody' }, { parameter: 'to' }],
      [transfer, { node: 3 }, { parameter: 'node' }],
    ];
    for (const [path, body, json] of wrong) {
      const answer = await post(server, path, body);
      t.match(
        answer,
        { status: 400, json: { code: 'invalid_body', ...json } },
        JSON.stringify(body),
      );
      t.equal(answer.headers['content-type'], 'application/problem+json');
    }
    const misspelt = await post(server, members, { action: 'move', node: 4 });
    t.match(misspelt.json.detail, /^"action" must be "add", "promote"/);
    t.match(await post(server, `${members}?dry_run=true`, { action: 'add', node: 4 }), {
      status: 400,
      json: { code: 'unknown_parameter', parameter: 'dry_run' },
    });
    for (const id of ['0', '03', 'x', '-1', '9999999999']) {
      const path = `/admin/v1/shards/${id}/members`;
      const answer = await post(server, path, { action: 'add', node: 4 });
      t.match(answer, { status: 404, json: { code: 'shard_not_found' } }, id);
    }
    t.same(server.service.operations, []);
  },
);

t.test('only JSON, small, and not from a foreign page', async (t) => {
  const server = await startServer(t);
  const body = JSON.stringify({ to: 2 });
  const send = (headers: Record<string, string>, text = body) =>
    server.request('POST', transfer, { headers, body: text });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
    const answer = await send({ 'content-type': type });
    t.match(answer, { status: 415, json: { code: 'unsupported_media_type' } }, type);
    t.match(answer.json.detail, 'application/json');
  }
  t.equal((await send({})).status, 415, 'without a type');
  t.equal((await send({ 'content-type': 'application/json; charset=utf-8' })).status, 200);

  const json = { 'content-type': 'application/json' };
  const large = `{"to": ${' '.repeat(20_000)}2}`;
  const announced = await send(json, large);
  t.match(announced, { status: 413, json: { code: 'body_too_large', limit_bytes: 16_384 } });
  const chunked = await send({ ...json, 'transfer-encoding': 'chunked' }, large);
  t.match(chunked, { status: 413, json: { code: 'body_too_large' } });
  t.equal((await send({ ...json, 'transfer-encoding': 'chunked' })).status, 200, 'small chunks');
  t.match(await send({ ...json, 'content-encoding': 'gzip' }), { status: 415 });

  const own = `http://127.0.0.1:${server.port}`;
  for (const origin of ['https://evil.example', 'null', `${own}.evil.example`, `${own}/x`, '']) {
    const answer = await send({ ...json, origin });
    t.match(answer, { status: 403, json: { code: 'origin_not_allowed' } }, origin);
  }
  t.equal((await send({ ...json, origin: own })).status, 200);
  t.equal(server.service.operations.length, 3);
});

t.test('headers of the data path mean the same here', async (t) => {
  const server = await startServer(t);
  const send = (headers: Record<string, string>) => post(server, transfer, { to: 2 }, headers);
  const cases: readonly (readonly [Record<string, string>, object])[] = [
    [{ 'kvorum-timeout': '5' }, { status: 400, json: { header: 'Kvorum-Timeout' } }],
    [{ 'kvorum-timeout': '2m' }, { status: 400, json: { header: 'Kvorum-Timeout' } }],
    [{ 'kvorum-forward': 'always' }, { status: 400, json: { header: 'Kvorum-Forward' } }],
    [{ 'idempotency-key': 'a' }, { status: 501, json: { code: 'not_built' } }],
  ];
  for (const [headers, expected] of cases) t.match(await send(headers), expected);
  await send({ 'kvorum-forward': 'never', 'kvorum-request-id': 'op-7' });
  const [{ context } = {}] = server.service.operations;
  t.same(context, { requestId: 'op-7', timeoutMs: 5_000, forward: false });
  const raw = await server.raw(
    `POST ${transfer} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      'Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  );
  t.match(raw, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
});

t.test('every refusal of the service is a problem with its reason', async (t) => {
  const server = await startServer(t);
  const { service } = server;
  const refuse = async (error: Error) => {
    service.beforeOperation = () => {
      throw error;
    };
    return post(server, members, { action: 'remove', node: 2 });
  };
  const cases: readonly (readonly [KvError, number, object])[] = [
    [new KvError('epoch_mismatch', { shard: 3, currentEpoch: 9 }), 412, { current_epoch: 9 }],
    [new KvError('quorum_at_risk', { shard: 3 }, 'Node 3 is away.'), 409, { retryable: true }],
    [new KvError('change_in_progress', { shard: 3, retryAfterMs: 1_000 }), 409, { shard: 3 }],
    [new KvError('node_not_found'), 404, {}],
    [new KvError('no_leader', { retryAfterMs: 300 }), 503, { retryable: true }],
    [new KvError('outcome_unknown'), 504, { outcome: 'unknown' }],
  ];
  for (const [error, status, json] of cases) {
    const answer = await refuse(error);
    t.match(answer, { status, json: { code: error.code, detail: error.message, ...json } });
    t.equal('retry-after' in answer.headers, 'retry_after_ms' in answer.json, error.code);
  }
  const elsewhere = { shard: 3, leader: 2, leaderHttpAddress: '10.0.0.2:8401' };
  t.match(await refuse(new KvError('not_leader', elsewhere)), {
    status: 421,
    headers: { 'kvorum-leader': '10.0.0.2:8401' },
    json: { leader_node: 2, leader_address: '10.0.0.2:8401' },
  });
  const bug = await refuse(new Error('secret'));
  t.match(bug, { status: 500, json: { code: 'internal_error_on_write', outcome: 'unknown' } });
  t.notMatch(bug.text, /secret/);
});

t.test('other methods are 405', async (t) => {
  const server = await startServer(t);
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
    const answer = await server.request(method, members);
    t.match(answer, { status: 405, headers: { allow: 'POST' } }, method);
  }
});
