import { once } from 'node:events';
import { connect } from 'node:net';
import pino from 'pino';
import t from 'tap';
import { createHttpServer } from '../../src/http/server.js';
import { FakeService } from './fake-service.js';
import { startServer, type TestServer } from './harness.js';

const logger = pino({ level: 'silent' });

t.test('listen tells the port; a port in use is an error; close is idempotent', async (t) => {
  const options = { service: new FakeService(), host: '127.0.0.1', logger };
  const first = createHttpServer({ ...options, port: 0 });
  const { host, port } = await first.listen();
  t.equal(host, '127.0.0.1');
  const second = createHttpServer({ ...options, port });
  await t.rejects(second.listen(), { code: 'EADDRINUSE' });
  await second.close();
  await first.close();
  await first.close();
  const never = createHttpServer({ ...options, port: 0 });
  await never.close();
});

t.test('limits are checked at construction', (t) => {
  const options = { service: new FakeService(), host: '127.0.0.1', port: 0, logger };
  t.throws(() => createHttpServer({ ...options, limits: { valueBytesMax: 1e9 } }));
  t.end();
});

t.test('close finishes what is in flight and takes nothing new', async (t) => {
  const server = await startServer(t);
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  server.service.before = () => opened;
  const put = (key: string) =>
    `PUT /v1/kv/${key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nv`;
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  socket.write(put('a'));
  while (server.service.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const closed = server.close();
  socket.write(put('b'));
  await t.rejects(server.request('GET', '/livez'), 'no new connections');
  gate.open?.();
  await Promise.all([closed, once(socket, 'close')]);
  t.match(text, /^HTTP\/1.1 201 .*Connection: close/s, 'the write under way is answered');
  t.equal(server.service.writes.length, 1, 'the one after it is not begun');
});

t.test('close serves what comes over open connections for a while, and ends them', async (t) => {
  const server = await startServer(t);
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const idle = connect(server.port, '127.0.0.1');
  await once(idle, 'connect');
  const closed = server.close();
  socket.write('PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nv');
  const [piece] = (await once(socket, 'data')) as [Buffer];
  t.match(piece.toString(), /^HTTP\/1.1 201 .*Connection: close/s);
  await Promise.all([once(socket, 'close'), once(idle, 'close'), closed]);
  t.equal(server.service.writes.length, 1);
});

t.test('close does not wait for ever', async (t) => {
  const server = await startServer(t, { limits: { drainMs: 10, closeWaitMs: 50 } });
  server.service.before = () => new Promise(() => {});
  const hanging = server.request('PUT', '/v1/kv/a');
  while (server.service.writes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([t.rejects(hanging), server.close()]);
});

t.test('connections over the limit are closed', async (t) => {
  const server = await startServer(t, { limits: { connectionsMax: 2 } });
  const sockets = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  t.equal(await server.raw('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'), '');
  for (const socket of sockets) socket.destroy();
});

t.test('a client that does not read is cut when room is needed', async (t) => {
  const limits = {
    answerBytesUnsentMax: 1_000_000,
    valueBytesMax: 1_000_000,
    socketIdleTimeoutMs: 70_000,
  };
  const server = await startServer(t, { limits });
  await server.request('PUT', '/v1/kv/large', { body: Buffer.alloc(1_000_000) });
  const get = 'GET /v1/kv/large HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const lazy = connect(server.port, '127.0.0.1').on('error', () => {});
  lazy.pause();
  lazy.write(get.repeat(40));
  let refusal = await server.request('GET', '/v1/kv/large');
  while (refusal.status === 200) refusal = await server.request('GET', '/v1/kv/large');
  t.match(refusal, { status: 429, json: { limit: 'answerBytesUnsentMax' } });
  t.equal((await server.request('PUT', '/v1/kv/b')).status, 201, 'writes go on');
  while ((await server.request('GET', '/v1/kv/large')).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.pass('after two seconds the lazy one has lost its place');
  lazy.destroy();
});

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const templates = [
  'PUT /v1/kv/a%2Fb HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nIf-Match: "1"\r\n\r\nhello',
  'PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '5\r\nhello\r\n0\r\n\r\n',
  'GET /v1/kv/a?consistency=stale&max_staleness=2s HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'DELETE /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nKvorum-Timeout: 5s\r\n\r\n',
  'GET /readyz?verbose HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /docs/json HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n',
  'POST /v1/txn HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
    'Content-Length: 2\r\n\r\n{}',
];

function mutated(below: (limit: number) => number): Buffer {
  if (below(4) === 0) return Buffer.from(Array.from({ length: 1 + below(200) }, () => below(256)));
  const bytes = [...Buffer.from(templates[below(templates.length)] ?? '', 'latin1')];
  for (let changes = below(5); changes > 0; changes -= 1) {
    const at = below(bytes.length);
    const kind = below(4);
    if (kind === 0) bytes[at] = below(256);
    else if (kind === 1) bytes.splice(at, 1 + below(20));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + below(40)));
    else bytes.splice(at, 0, below(256), below(256));
    if (bytes.length === 0) break;
  }
  return Buffer.from(bytes);
}

t.test(
  'soak: random and mutated bytes never crash it, and it always answers or closes',
  async (t) => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    t.comment(`SEED=${seed}`);
    const below = random(seed);
    const server: TestServer = await startServer(t);
    for (let round = 0; round < 60; round += 1) {
      const batch = Array.from({ length: 20 }, () => mutated(below));
      const answers = await Promise.all(batch.map((bytes) => server.raw(bytes, { end: true })));
      for (const [at, text] of answers.entries()) {
        const fine = text === '' || text.startsWith('HTTP/1.1 ');
        if (!fine || / 500 /.test(text.slice(0, 20))) {
          t.fail('answers or closes', { seed, sent: batch[at]?.toString('latin1'), text });
        }
      }
    }
    t.equal((await server.request('GET', '/livez')).status, 200, 'still there');
    t.same(server.logs, [], 'and nothing failed');
    const { text } = await server.request('GET', '/metrics');
    for (const resource of ['requests', 'body_bytes', 'unsent_answer_bytes']) {
      t.match(text, new RegExp(`kvorum_http_bounded\\{resource="${resource}"\\} 0\\n`));
    }
  },
);
