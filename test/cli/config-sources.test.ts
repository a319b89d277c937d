import { join } from 'node:path';
import t from 'tap';
import { collectSettings } from '../../src/cli/config-sources.js';
import { invocationOf } from './command-line.js';

const collect = (args: readonly string[], env: Record<string, string> = {}) =>
  collectSettings({ flags: invocationOf('start', args).flags, env });

t.test('flags before environment before file', async (t) => {
  const dir = t.testdir({
    'c.json': '{"http": "file:1", "peer": "file:2", "shards": 7, "insecure": true}',
  });
  const file = join(dir, 'c.json');
  const env = { KVORUM_HTTP: 'env:1', KVORUM_PEER: 'env:2', KVORUM_CONFIG: file };
  const { values, problems } = collect(['--http', 'flag:1'], env);
  t.same(problems, []);
  t.same(values.get('http'), { value: 'flag:1', source: '--http', rank: 0 });
  t.same(values.get('peer'), { value: 'env:2', source: 'KVORUM_PEER', rank: 1 });
  t.same(values.get('shards'), { value: '7', source: file, rank: 2 });
  t.same(values.get('insecure')?.value, 'true');
  t.equal(values.get('dir'), undefined);
});

t.test('several values: repeated flags, words, an array', async (t) => {
  const dir = t.testdir({ 'c.json': '{"node": ["1@h:1", "2@h:2"]}' });
  t.same(collect(['--node', '1@h:1', '--node', '2@h:2']).values.get('node')?.value, [
    '1@h:1',
    '2@h:2',
  ]);
  t.same(collect([], { KVORUM_NODE: ' 1@h:1  2@h:2\n' }).values.get('node')?.value, [
    '1@h:1',
    '2@h:2',
  ]);
  t.same(collect(['--config', join(dir, 'c.json')]).values.get('node')?.value, ['1@h:1', '2@h:2']);
});

t.test('an empty variable is no value', async (t) => {
  t.equal(collect([], { KVORUM_DIR: '' }).values.size, 0);
});

t.test('files that cannot be used', async (t) => {
  const dir = t.testdir({
    'broken.json': '{',
    'list.json': '[]',
    'wrong.json': '{"nodes": [], "node": "1@h:1", "http": {}, "dir": null}',
    'large.json': JSON.stringify({ dir: 'x'.repeat(2_000_000) }),
  });
  const problems = (name: string) => collect(['--config', join(dir, name)]).problems.join('\n');
  t.match(problems('missing.json'), /missing\.json cannot be read: ENOENT/);
  t.equal(collect(['--config', join(dir, 'broken.json')]).complete, false);
  t.equal(collect(['--config', join(dir, 'wrong.json')]).complete, true);
  t.match(problems('broken.json'), /broken\.json cannot be read: .*JSON/);
  t.match(problems('list.json'), 'must hold one JSON object');
  t.match(problems('large.json'), 'larger than');
  const wrong = problems('wrong.json').split('\n');
  t.match(wrong[0], /"nodes" in .* is not a setting\. Did you mean node\?/);
  t.match(wrong[1], /"node" in .* must be an array of texts\./);
  t.match(wrong[2], /"http" in .* must be one text, number or switch\./);
  t.match(wrong[3], /"dir" in .* must be one text/);
});

t.test('a slip in the name of a variable is told; what an orchestrator sets is not', async (t) => {
  t.same(collect([], { KVORUM_NODEID: '1' }).problems, [
    'KVORUM_NODEID in the environment is not a setting. Did you mean KVORUM_NODE_ID?',
  ]);
  const set = { KVORUM_SERVICE_HOST: 'x', KVORUM_PORT: 'tcp://x', KVORUM_PORT_8401_TCP_ADDR: 'x' };
  t.same(collect([], set).problems, []);
});
