import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { ConfigError, loadConfig } from '../../src/cli/config.js';
import { invocationOf } from './command-line.js';

const load = (args: readonly string[], env: Record<string, string> = {}) =>
  loadConfig({ flags: invocationOf('start', args).flags, env });

function problemsOf(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  try {
    load(args, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const secret = 'a secret of some length';
const three = ['1@127.0.0.1:9401', '2@127.0.0.1:9402,zone=b', '3@127.0.0.1:9403'];
const fine = [
  ...['--node-id', '1', '--cluster-id', 'shop', '--dir', 'data', '--secret', secret],
  ...three.flatMap((node) => ['--node', node]),
];

t.test('a whole configuration', async (t) => {
  const config = load([...fine, '--peer-address', '2=127.0.0.1:7002']);
  t.match(config, {
    nodeId: 1,
    clusterId: 'shop',
    dir: resolve('data'),
    http: { host: '127.0.0.1', port: 8401 },
    httpAdvertise: '127.0.0.1:8401',
    peer: { host: '127.0.0.1', port: 9401 },
    shards: 12,
    replicas: 3,
    segmentBytes: 67_108_864,
    valueBytesMax: 1_048_576,
    logLevel: 'info',
    logFormat: 'json',
  });
  t.same(config.nodes[1], { node: 2, address: '127.0.0.1:9402', zone: 'b', weight: 1 });
  t.same(
    [...config.peerAddresses],
    [
      [2, '127.0.0.1:7002'],
      [3, '127.0.0.1:9403'],
    ],
  );
  t.equal(config.secret.reveal(), secret);
  t.notMatch(JSON.stringify(config) + inspect(config), secret);
});

t.test('all problems at once, each with setting, value, source and what is allowed', async (t) => {
  const args = ['--node-id', '70000', '--http', 'here', '--secret', 'short', '--shards', '12'];
  t.same(problemsOf([...args, '--node', '1@h:1', '--node', '2@h'], { KVORUM_REPLICAS: '2' }), [
    'node-id is "70000" (from --node-id); it must be a whole number from 1 to 65535.',
    'cluster-id is missing; give --cluster-id NAME, KVORUM_CLUSTER_ID or "cluster-id" in the ' +
      '--config file: 1 to 64 letters, digits, ".", "-" or "_".',
    'dir is missing; give --dir DIR, KVORUM_DIR or "dir" in the --config file: ' +
      'the path of a folder.',
    'http is "here" (from --http); it must be HOST:PORT with a port from 1 to 65535.',
    'node is "2@h" (from --node); it must be ID@HOST:PORT, then ",zone=NAME" and ",weight=N" ' +
      'if wanted (id 1 to 65535, weight 1 to 1000).',
    'replicas is "2" (from KVORUM_REPLICAS); it must be 1, 3 or 5.',
    'secret is (not shown) (from --secret); it must be 16 to 1024 characters.',
  ]);
});

t.test('problems of single settings and of their combination come together', async (t) => {
  const problems = problemsOf([...fine, '--shards', '0', '--http', '0.0.0.0:80']);
  t.equal(problems.length, 3);
  t.match(problems[0], 'shards is "0"');
  t.match(problems[1], 'which other machines can reach');
  t.match(problems[2], 'which nobody can dial');
});

t.test('the secret: file or value, the nearer source wins', async (t) => {
  const dir = t.testdir({ secret: 'from a file, long enough\n', short: 'short' });
  const file = join(dir, 'secret');
  const without = fine.filter((_, i) => fine[i - 1] !== '--secret' && fine[i] !== '--secret');
  t.equal(load([...without, '--secret-file', file]).secret.reveal(), 'from a file, long enough');
  const env = { KVORUM_SECRET: secret };
  t.equal(
    load([...without, '--secret-file', file], env).secret.reveal(),
    'from a file, long enough',
  );
  t.equal(load(fine, { KVORUM_SECRET_FILE: file }).secret.reveal(), secret);
  t.match(problemsOf([...fine, '--secret-file', file])[0], 'secret and secret-file are both given');
  t.match(problemsOf(without)[0], 'secret is missing; give --secret-file FILE');
  t.match(problemsOf([...without, '--secret-file', join(dir, 'gone')])[0], /gone" .*ENOENT/);
  const short = problemsOf([...without, '--secret-file', join(dir, 'short')])[0];
  t.match(short, 'too short or too long (not shown)');
});
