import t from 'tap';
import { problemBody } from '../../src/http/problems.js';
import { problemSchema } from '../../src/http/schemas.js';
import { startServer } from './harness.js';

t.test('a problem fits its schema', async (t) => {
  const body = problemBody(
    'overloaded',
    { limit: 'x', allowed: ['a'] },
    { id: 'r', instance: '/' },
  );
  t.ok(problemSchema.strict().safeParse(JSON.parse(body)).success);
  const server = await startServer(t);
  const answers = [
    await server.request('PUT', '/v1/kv/a', { headers: { 'if-match': '"1"' } }),
    await server.request('GET', '/v1/kv/a?consistency=x'),
    await server.request('PUT', '/v1/kv/a', { body: Buffer.alloc(2_000_000) }),
    await server.request('GET', '/v1/batch'),
  ];
  for (const { json } of answers) {
    t.ok(problemSchema.strict().safeParse(json).success, JSON.stringify(json));
  }
});
