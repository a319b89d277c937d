import { join } from 'node:path';
import t from 'tap';
import { CommandError } from '../../src/cli/command-errors.js';
import { loadConfig, type NodeConfig } from '../../src/cli/config.js';
import { runNode } from '../../src/cli/run-node.js';
import { invocationOf, runCli } from './command-line.js';
import { fakeNode } from './fake-nodes.js';
import { freePorts } from './free-ports.js';

async function configFor(dir: string, httpPort?: number): Promise<NodeConfig> {
  const port = await freePorts(2);
  const peer = `127.0.0.1:${port + 1}`;
  const args = [
    ...['--node-id', '1', '--cluster-id', 'test', '--dir', dir, '--node', `1@${peer}`],
    ...['--peer', peer, '--http', `127.0.0.1:${httpPort ?? port}`, '--shards', '2'],
    ...['--secret', 'a secret of some length', '--log-level', 'silent'],
    ...['--segment-bytes', '4MiB'],
  ];
  return loadConfig({ flags: invocationOf('start', args).flags, env: {} });
}

t.test('a node alone serves keys, and finds them again', async (t) => {
  const dir = join(t.testdir(), 'data');
  for (const [command, out] of [
    [['put', 'k', 'v', '--timeout', '20s'], /^created, revision 1\n/],
    [['get', 'k', '--timeout', '20s'], /^v$/],
  ] as const) {
    const config = await configFor(dir);
    const node = await runNode(config);
    t.match(await runCli([...command, '--node', `http://${config.httpAdvertise}`]), {
      code: 0,
      out,
    });
    await node.close();
    await node.close();
  }
});

t.test('what an operator can mend is told in words', async (t) => {
  const taken = await fakeNode(t, () => {});
  const inUse = runNode(await configFor(join(t.testdir(), 'data'), taken.port));
  const error = await inUse.catch((error: unknown) => error);
  t.ok(error instanceof CommandError);
  t.match(String(error), /Cannot listen: .*EADDRINUSE/);
  const foreign = t.testdir({ 'thesis.tex': '' });
  const refused = await runNode(await configFor(foreign)).catch((error: unknown) => error);
  t.ok(refused instanceof CommandError);
  t.match(String(refused), 'thesis.tex');
});
