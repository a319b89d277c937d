/** Nodes of our own: they start, faults meet them and are seen to, and a crash is noticed. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { OwnCluster } from '../../../jepsen-lite/run/own-cluster.js';
import { processFaults } from '../../../jepsen-lite/run/process-faults.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

t.test('every fault takes hold of a process, and ends', async (t) => {
  const dir = join(t.testdir(), 'cluster');
  const cluster = await OwnCluster.start({ nodes: 1, shards: 1, dir });
  t.teardown(() => cluster.stop());
  const [node] = cluster.nodes;
  if (node === undefined) return t.fail('there is no node');
  for (const [name, kind] of Object.entries(processFaults)) {
    const fault = kind(cluster, new RandomStream(1));
    t.equal(await fault.probe(), false, `${name} is not there before it is injected`);
    t.match(await fault.start(), /n1/);
    t.equal(await fault.probe(), true, `${name} has taken hold`);
    await fault.stop();
    for (let i = 0; i < 100 && !(await node.ready()); i += 1) await sleep(100);
    t.equal(await node.ready(), true, `after ${name} it serves`);
  }
  t.same(cluster.crashes, []);
  const pid = node.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  while (node.running) await sleep(20);
  t.match(cluster.crashes, [/node 1 ended by SIGKILL/]);
});

t.test('a node that does not start is no verdict', async (t) => {
  const dir = t.testdir({ 'node-1': 'a file where a folder should be' });
  await t.rejects(OwnCluster.start({ nodes: 1, shards: 1, dir }), {
    name: 'HarnessError',
    message: /node 1 did not become ready/,
  });
});
