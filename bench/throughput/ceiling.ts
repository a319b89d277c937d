/**
 * The ceiling: the HTTP framework that Kvorum's other routes use, alone in a process, with the
 * values in a Map. No disk, no replicas, no promises.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';

export interface Ceiling {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

interface KeyParams {
  readonly key: string;
}

if (process.argv[2] === 'serve') await serve();

export async function startCeiling(): Promise<Ceiling> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    pid: child.pid ?? 0,
    close: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function serve(): Promise<void> {
  const values = new Map<string, Buffer>();
  const app = Fastify();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  app.put<{ Params: KeyParams; Body: Buffer }>('/v1/kv/:key', async ({ params, body }, reply) => {
    const created = !values.has(params.key);
    values.set(params.key, body);
    return reply.code(created ? 201 : 200).send({ key: params.key, created });
  });
  app.get<{ Params: KeyParams }>('/v1/kv/:key', async ({ params }, reply) => {
    const value = values.get(params.key);
    if (value === undefined) return reply.code(404).send();
    return reply.type('application/octet-stream').send(value);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  process.once('disconnect', () => process.exit());
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
}
