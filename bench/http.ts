/**
 * What the HTTP layer costs: the key routes over a service that answers at once, beside bare
 * fastify routes that do the same work with none of the promises. Each server is a process of its
 * own; rounds alternate and the best of each are compared. CPU time per request is the steadier
 * figure on a busy machine; requests per second is what people ask for.
 *
 *   node build/bench/http.js [seconds per round] [rounds]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import Fastify from 'fastify';
import pino from 'pino';
import { createHttpServer } from '../src/http/server.js';
import { FakeService } from '../test/http/fake-service.js';

const value = Buffer.alloc(256, 0x61);
const connections = 32;

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Answers at once with the same answer: what is measured is HTTP. */
class InstantService extends FakeService {
  readonly #decided = { shard: 3, node: 1, shardRevision: 123_456 };
  readonly #written = { ...this.#decided, outcome: 'replaced' } as const;
  readonly #found = { value, contentType: 'application/octet-stream', revision: 123_456 };
  override write() {
    return Promise.resolve(this.#written);
  }
  override read() {
    return Promise.resolve({ ...this.#decided, found: this.#found });
  }
}

const role = process.argv[2] ?? '';
if (role === 'kvorum' || role === 'fastify') await serve(role);
else await compare(Number(role || 3), Number(process.argv[3] ?? 5));

async function compare(seconds: number, rounds: number): Promise<void> {
  for (const method of ['PUT', 'GET'] as const) {
    const samples = { kvorum: [] as Sample[], fastify: [] as Sample[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const server of ['fastify', 'kvorum'] as const) {
        samples[server].push(await measure(server, method, seconds));
      }
    }
    // The best round is the one the rest of the machine disturbed least.
    const cpuUs = (server: 'kvorum' | 'fastify'): number =>
      Math.min(...samples[server].map((sample) => sample.cpuUs));
    const perSecond = (server: 'kvorum' | 'fastify'): number =>
      Math.max(...samples[server].map((sample) => sample.perSecond));
    const ratio = perSecond('kvorum') / perSecond('fastify');
    process.stdout.write(
      `${method} 256 B, ${connections} connections: kvorum ${perSecond('kvorum')}/s ` +
        `(${cpuUs('kvorum').toFixed(1)} us CPU), bare fastify ${perSecond('fastify')}/s ` +
        `(${cpuUs('fastify').toFixed(1)} us CPU); requests x${ratio.toFixed(2)}, ` +
        `CPU x${(cpuUs('kvorum') / cpuUs('fastify')).toFixed(2)}\n`,
    );
  }
}

async function measure(
  server: 'kvorum' | 'fastify',
  method: 'PUT' | 'GET',
  seconds: number,
): Promise<Sample> {
  const child = fork(fileURLToPath(import.meta.url), [server]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const url = `http://127.0.0.1:${port}/v1/kv/bench-some-key`;
  await fetch(url, { method: 'PUT', body: value });
  const cpu = async (): Promise<number> => {
    child.send('cpu');
    const [{ cpuUs }] = (await once(child, 'message')) as [{ cpuUs: number }];
    return cpuUs;
  };
  const body = method === 'PUT' ? { body: value } : {};
  const headers = { 'content-type': 'application/octet-stream' };
  // Compiling is not what is measured.
  await autocannon({ url, method, connections, duration: 2, headers, ...body });
  const before = await cpu();
  const result = await autocannon({
    url,
    method,
    connections,
    duration: seconds,
    headers,
    ...body,
  });
  const cpuUs = ((await cpu()) - before) / result.requests.total;
  child.disconnect();
  await once(child, 'exit');
  if (result.non2xx > 0) throw new Error(`${result.non2xx} requests failed`);
  return { perSecond: Math.round(result.requests.average), cpuUs };
}

async function serve(role: 'kvorum' | 'fastify'): Promise<void> {
  const { port, close } = role === 'kvorum' ? await startKvorum() : await startFastify();
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system });
  });
  process.once('disconnect', () => void close());
  process.send?.({ port });
}

async function startKvorum() {
  const service = new InstantService();
  const logger = pino({ level: 'info' });
  const server = createHttpServer({ service, host: '127.0.0.1', port: 0, logger });
  const { port } = await server.listen();
  return { port, close: () => server.close() };
}

async function startFastify() {
  const app = Fastify();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  app.put('/v1/kv/:key', async (request) => ({ bytes: (request.body as Buffer).length }));
  app.get('/v1/kv/:key', async (_request, reply) =>
    reply.type('application/octet-stream').send(value),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { port, close: () => app.close() };
}
