/** Nodes of our own: they start, a crash is noticed, and nothing is left of them. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { hasSetpriv, NodeProcess } from '../../../jepsen-lite/cluster/node-process.js';
import { startCluster } from '../../../jepsen-lite/cluster/own-cluster.js';
import { eventually } from '../../system/eventually.js';

t.test('an end that nobody asked for is a crash, one that we asked for is none', async (t) => {
  const dir = join(t.testdir(), 'cluster');
  const cluster = await startCluster({ nodes: 1, shards: 1, dir });
  t.teardown(() => cluster.destroy());
  const [node] = cluster.nodes;
  if (node === undefined) return t.fail('there is no node');
  await node.kill();
  t.same(cluster.crashes, []);
  node.start();
  await cluster.becomeReady();
  process.kill(node.pid ?? 0, 'SIGKILL');
  while (node.running) await sleep(20);
  t.match(cluster.crashes, [/node 1 ended by SIGKILL/]);
});

t.test('a node that does not start is no verdict', async (t) => {
  const dir = t.testdir({ 'node-1': 'a file where a folder should be' });
  await t.rejects(startCluster({ nodes: 1, shards: 1, dir }), {
    name: 'HarnessError',
    message: /node 1 did not become ready/,
  });
});

t.test('when the harness is killed nothing is left, not even a paused node', async (t) => {
  if (!hasSetpriv) return t.comment('skipped: there is no setpriv');
  const moduleUrl = new URL('../../../jepsen-lite/cluster/own-cluster.js', import.meta.url).href;
  const options = { nodes: 2, shards: 1, dir: join(t.testdir(), 'cluster'), proxied: true };
  const script = `
    import { startCluster } from ${JSON.stringify(moduleUrl)};
    const cluster = await startCluster(${JSON.stringify({ ...options, shim: true })});
    cluster.nodes[0].pause();
    console.log('pids', cluster.nodes.map(({ pid }) => pid).join());`;
  const harness = new NodeProcess(process.execPath, ['--input-type=module', '-e', script]);
  t.teardown(() => harness.kill());
  const pids = await eventually('it has started', () => /pids (.*)\n/.exec(harness.log)?.[1]);
  await harness.kill();
  for (const pid of pids.split(',').map(Number)) {
    await eventually(`process ${pid} has ended`, () => {
      try {
        process.kill(pid, 0);
        return undefined;
      } catch {
        return true;
      }
    });
  }
});
