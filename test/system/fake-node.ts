/**
 * A stand-in for a node, for the tests of the harness itself: takes the same command line, keeps
 * values in memory, and so loses everything when it is killed: what the harness must notice.
 */
import { createServer } from 'node:http';

const flag = (name: string) => process.argv[process.argv.indexOf(`--${name}`) + 1] ?? '';
const port = Number(flag('http').split(':').at(-1));
const node = flag('node-id');
const stored = new Map<string, { value: Buffer; revision: number }>();
let revision = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const headers: Record<string, string> = { 'kvorum-node': node, 'kvorum-shard': '1' };
    const answer = (status: number, body: Buffer | string, more: Record<string, string> = {}) => {
      response.writeHead(status, { 'kvorum-revision': `${revision}`, ...headers, ...more });
      response.end(body);
    };
    const path = request.url ?? '';
    if (path === '/readyz') return answer(200, 'ready');
    if (request.method === 'PUT') {
      revision += 1;
      stored.set(path, { value: Buffer.concat(chunks), revision });
      return answer(201, '{}', { etag: `"${revision}"` });
    }
    if (request.method === 'DELETE') {
      if (stored.delete(path)) revision += 1;
      return answer(200, '{}');
    }
    const found = stored.get(path);
    if (found !== undefined) return answer(200, found.value, { etag: `"${found.revision}"` });
    const type = { 'content-type': 'application/problem+json' };
    return answer(404, '{"code":"key_not_found","outcome":"not_applied"}', type);
  });
});
server.listen(port, '127.0.0.1', () => console.log(`fake node ${node} listens`));
