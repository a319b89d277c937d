import t from 'tap';
import { startServer } from '../harness.js';

t.test('the document says what keys take and give', async (t) => {
  const server = await startServer(t);
  const { json } = await server.request('GET', '/docs/json');
  const paths = json.paths as Record<string, Record<string, { parameters: { name: string }[] }>>;
  const names = (method: string) =>
    (paths['/v1/kv/{key}']?.[method]?.parameters ?? []).map(({ name }) => name).sort();
  t.same(names('get'), [
    'consistency',
    'if-match',
    'if-none-match',
    'key',
    'kvorum-forward',
    'kvorum-request-id',
    'kvorum-timeout',
    'max_staleness',
  ]);
  t.ok(names('put').includes('if-match'));
  t.match(paths['/v1/kv/{key}']?.put, {
    requestBody: { content: { '*/*': {} } },
    responses: { 200: {}, 201: {}, '4XX': {}, '5XX': {} },
  });
});
