import t from 'tap';
import { startServer } from '../harness.js';

t.test('hints for curl, with the address that was asked', async (t) => {
  const server = await startServer(t);
  const { text, headers } = await server.request('GET', '/', {
    headers: { host: 'localhost:8401' },
  });
  t.match(headers['content-type'], /^text\/plain/);
  t.match(text, /node 1 of cluster test/);
  t.match(text, /curl .*http:\/\/localhost:8401\/v1\/kv\//);
});
