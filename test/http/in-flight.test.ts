import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { InFlight } from '../../src/http/in-flight.js';
import { startServer } from './harness.js';

t.test('counts, and sweeps what is overdue', (t) => {
  let now = 0;
  const inFlight = new InFlight(2, () => now);
  const expired: number[] = [];
  const waiting = (overdueMs: number) => ({
    overdueMs,
    place: -1,
    expire: () => expired.push(overdueMs),
  });
  const [first, second] = [waiting(10), waiting(20)];
  inFlight.add(first);
  t.notOk(inFlight.full);
  inFlight.add(second);
  t.ok(inFlight.full);
  inFlight.sweep();
  t.same(expired, []);
  now = 10;
  inFlight.sweep();
  t.same(expired, [10]);
  t.ok(inFlight.remove(first), 'was still waiting');
  t.notOk(inFlight.remove(first), 'only once');
  t.equal(inFlight.size, 1);
  inFlight.start();
  inFlight.start();
  inFlight.stop();
  inFlight.stop();
  t.end();
});

t.test('a service that does not keep its time is answered for', async (t) => {
  const server = await startServer(t, { limits: { timeoutGraceMs: 50 } });
  server.service.before = () => new Promise(() => {});
  const headers = { 'kvorum-timeout': '10ms' };
  const [write, read] = await Promise.all([
    server.request('PUT', '/v1/kv/k', { headers }),
    server.request('GET', '/v1/kv/k', { headers }),
  ]);
  t.match(write, { status: 504, json: { code: 'outcome_unknown', outcome: 'unknown' } });
  t.match(read, { status: 503, json: { code: 'read_timed_out', detail: /consistency=stale/ } });
});

t.test('limits: requests in flight, body bytes', async (t) => {
  const server = await startServer(t, {
    limits: { requestsInFlightMax: 2, valueBytesMax: 1000, bodyBytesInFlightMax: 1500 },
  });
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  server.service.before = () => opened;
  const first = server.request('PUT', '/v1/kv/a', { body: Buffer.alloc(1000) });
  await waitFor(() => server.service.writes.length === 1);
  const noRoom = await server.request('PUT', '/v1/kv/b', { body: Buffer.alloc(1000) });
  t.match(noRoom, {
    status: 429,
    json: { code: 'overloaded', limit: 'bodyBytesInFlightMax', outcome: 'not_applied' },
    headers: { 'retry-after': '1' },
  });
  const second = server.request('GET', '/v1/kv/a');
  await waitFor(() => server.service.reads.length === 1);
  for (const method of ['PUT', 'GET', 'DELETE']) {
    const full = await server.request(method, '/v1/kv/c');
    t.match(full, { status: 429, json: { limit: 'requestsInFlightMax' } }, method);
  }
  t.equal(
    (await server.request('GET', '/livez')).status,
    200,
    'health does not wait in that queue',
  );
  gate.open?.();
  t.equal((await first).status, 201);
  await second;
  t.equal((await server.request('GET', '/v1/kv/a')).status, 200);
});

t.test('a body that arrives when all places are taken is refused and let go of', async (t) => {
  const server = await startServer(t, { limits: { requestsInFlightMax: 1 } });
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  server.service.before = () => opened;
  const slow = connect(server.port, '127.0.0.1');
  slow.write('PUT /v1/kv/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhell');
  const bodyBytes = async () =>
    /_bounded\{resource="body_bytes"\} (\d+)/.exec(
      (await server.request('GET', '/metrics')).text,
    )?.[1];
  while ((await bodyBytes()) !== '4') await new Promise((resolve) => setImmediate(resolve));
  const first = server.request('GET', '/v1/kv/b');
  await waitFor(() => server.service.reads.length === 1);
  slow.write('o you');
  const [answer] = await once(slow, 'data');
  t.match(String(answer), /^HTTP\/1.1 429 .*requestsInFlightMax/s);
  t.equal(await bodyBytes(), '0');
  slow.destroy();
  gate.open?.();
  await first;
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
