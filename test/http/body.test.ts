import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { ByteBudget, collectBody } from '../../src/http/body.js';
import { startServer } from './harness.js';

function collect(
  pieces: readonly Buffer[],
  options: { readonly bytesMax: number; readonly length?: number; readonly budget: ByteBudget },
): Promise<Buffer | string> {
  const request = Readable.from(pieces, { objectMode: false }) as unknown as IncomingMessage;
  const { length, ...rest } = options;
  return new Promise((resolve) => collectBody(request, { ...rest, length }, resolve));
}

t.test(
  'property: pieces of any size come together, and the budget is left as it was',
  async (t) => {
    const anyPieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyPieces, fc.boolean(), async (arrays, announced) => {
        const pieces = arrays.map((array) => Buffer.from(array));
        const whole = Buffer.concat(pieces);
        const budget = new ByteBudget(1_000_000);
        const length = announced ? { length: whole.length } : {};
        const body = await collect(pieces, { bytesMax: 10_000, budget, ...length });
        if (!Buffer.isBuffer(body) || !body.equals(whole) || budget.used !== whole.length)
          return false;
        budget.release(body.length);
        return budget.used === 0;
      }),
      { numRuns: 60 },
    );
    t.pass();
  },
);

t.test('a body of one-byte pieces costs its length', async (t) => {
  const budget = new ByteBudget(1_000_000);
  const pieces = Array.from({ length: 5000 }, () => Buffer.from('x'));
  const body = await collect(pieces, { bytesMax: 5000, budget });
  t.ok(Buffer.isBuffer(body) && body.length === 5000 && body.buffer.byteLength <= 20_000);
});

t.test('a small body does not keep a large read buffer', async (t) => {
  const large = Buffer.alloc(60_000, 1);
  const body = await collect([large.subarray(100, 200)], {
    bytesMax: 5000,
    length: 100,
    budget: new ByteBudget(1_000_000),
  });
  t.ok(Buffer.isBuffer(body) && body.buffer !== large.buffer);
});

t.test('too large, no room: nothing is owed', async (t) => {
  const budget = new ByteBudget(100);
  const ten = Buffer.alloc(10);
  t.equal(await collect([ten, ten], { bytesMax: 19, budget }), 'too-large');
  t.equal(budget.used, 0);
  t.equal(
    await collect(Array(6).fill(ten), { bytesMax: 1000, budget }),
    'no-room',
    'half for pieces',
  );
  t.equal(budget.used, 0);
  const whole = await collect([Buffer.alloc(100)], { bytesMax: 1000, length: 100, budget });
  t.ok(Buffer.isBuffer(whole), 'all of it for what arrives whole');
  t.equal(await collect([ten], { bytesMax: 1000, length: 10, budget }), 'no-room');
  t.equal(budget.used, 100);
});

t.test('a cut connection', async (t) => {
  const budget = new ByteBudget(100);
  const request = new Readable({ read() {} });
  const done = new Promise((resolve) =>
    collectBody(
      request as unknown as IncomingMessage,
      { bytesMax: 50, length: 20, budget },
      resolve,
    ),
  );
  request.push(Buffer.alloc(10));
  setImmediate(() => request.destroy());
  t.equal(await done, 'cut-off');
  t.equal(budget.used, 0);
});

t.test('values: any bytes, any type, none at all, up to the limit', async (t) => {
  const server = await startServer(t, { limits: { valueBytesMax: 200_000 } });
  const types = [
    'application/json',
    'application/x-www-form-urlencoded',
    'text/html',
    'nonsense',
    'a/b;c="d"',
  ];
  for (const type of types) {
    const body = '{not json\0\xff';
    await server.request('PUT', '/v1/kv/k', { body, headers: { 'content-type': type } });
    const get = await server.request('GET', '/v1/kv/k');
    t.match(get, { text: body, headers: { 'content-type': type } });
  }
  for (const size of [0, 1, 65_535, 200_000]) {
    const body = Buffer.alloc(size, 7);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const put = await server.request('PUT', '/v1/kv/k', { body, headers });
      t.equal(put.status, 200, `${size} ${JSON.stringify(headers)}`);
      t.ok((await server.request('GET', '/v1/kv/k')).body.equals(body));
    }
  }
  const before = server.service.writes.length;
  const large = await server.request('PUT', '/v1/kv/k', { body: Buffer.alloc(200_001) });
  t.match(large, { status: 413, json: { code: 'value_too_large', limit_bytes: 200_000 } });
  t.equal(large.headers.connection, 'close');
  const chunked = await server.request('PUT', '/v1/kv/k', {
    body: Buffer.alloc(200_001),
    headers: { 'transfer-encoding': 'chunked' },
  });
  t.match(chunked, { status: 413, json: { limit_bytes: 200_000 } });
  t.equal(server.service.writes.length, before);
});

t.test('a body that is far too large is answered, and the client can read it', async (t) => {
  const server = await startServer(t);
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const answer = await server.request('PUT', '/v1/kv/k', {
      body: Buffer.alloc(6_000_000),
      headers,
    });
    t.match(answer, { status: 413, json: { code: 'value_too_large' } });
  }
});

t.test('a body cut short changes nothing', async (t) => {
  const server = await startServer(t);
  const socket = connect(server.port, '127.0.0.1');
  socket.write('PUT /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello');
  await once(socket, 'connect');
  socket.destroy();
  const half = await server.raw(
    'PUT /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello',
    { end: true },
  );
  t.match(half, /^HTTP\/1.1 400 .*"code":"incomplete_body"/s);
  const chunk = await server.raw(
    'PUT /v1/kv/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '5\r\nhello\r\nzz\r\n',
  );
  t.match(chunk, /^HTTP\/1.1 400 .*"code":"malformed_request"/s);
  t.equal(server.service.writes.length, 0);
  t.equal((await server.request('PUT', '/v1/kv/k')).status, 201, 'and the server goes on');
});

t.test(
  'Expect: 100-continue is answered before the body, with a refusal if there is one',
  async (t) => {
    const server = await startServer(t);
    const talk = (length: number) =>
      new Promise<{ continued: boolean; status: number }>((resolve, reject) => {
        let continued = false;
        const request = httpRequest({
          port: server.port,
          host: '127.0.0.1',
          method: 'PUT',
          path: '/v1/kv/k',
          headers: { expect: '100-continue', 'content-length': length },
        });
        request.once('continue', () => {
          continued = true;
          request.end(Buffer.alloc(length));
        });
        request.once('response', (response) => {
          response.resume();
          response.once('close', () => request.destroy());
          resolve({ continued, status: response.statusCode ?? 0 });
        });
        request.once('error', reject);
        request.flushHeaders();
      });
    t.same(await talk(5), { continued: true, status: 201 });
    t.same(await talk(2_000_000), { continued: false, status: 413 });
    const other = await server.request('PUT', '/v1/kv/k', { headers: { expect: 'magic' } });
    t.match(other, { status: 417, json: { code: 'expectation_failed' } });
  },
);
