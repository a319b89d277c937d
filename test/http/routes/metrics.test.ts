import t from 'tap';
import { startServer } from '../harness.js';

t.test('the Prometheus text format, each line well formed', async (t) => {
  const server = await startServer(t);
  const { text } = await server.request('GET', '/metrics');
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue;
    if (!/^[a-z0-9_]+(\{[^}]*(\{key\}|\{id\})?[^}]*\})? \S+$/.test(line)) t.fail(line);
  }
  t.match(text, /^kvorum_info\{/m);
});
