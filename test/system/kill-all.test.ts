/**
 * kill -9 of all nodes at once under load, and start: everything acknowledged is there, revisions
 * go on upwards (the checker compares them across the restart), and nobody waits for repair.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

t.test('all nodes are killed at once, twice, and keep what they acknowledged', async (t) => {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  for (let round = 1; round <= 2; round += 1) {
    workload.start();
    const writes = workload.history.count('ok');
    await eventually('a load', () => workload.history.count('ok') > writes + 1_000 || undefined);
    await cluster.kill(...cluster.ids);
    await workload.stop();
    for (const id of cluster.ids) cluster.startNode(id);
    // At once, before the nodes call themselves ready: what they answer must hold already now.
    const early = await Promise.all(
      workload.history
        .keys()
        .slice(0, 60)
        .map(async (key, index) => {
          const node = (index % 3) + 1;
          await cluster.listens(node);
          return workload.read(node, key);
        }),
    );
    const refused = early.filter(({ outcome }) => outcome === 'refused').length;
    t.comment(`${refused} of ${early.length} early reads were refused`);
    await cluster.ready();
    t.comment(`round ${round}: all shards after ${(await servesAgain(cluster, workload)) | 0} ms`);
    t.same(await workload.verify(), []);
  }
});

t.test('nodes that start one by one serve when two are there', async (t) => {
  const cluster = await Cluster.prepare(t, { shards: 4 });
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  cluster.startNode(1);
  await cluster.listens(1);
  const alone = await workload.write(1, 'key', 'alone', 1_500);
  t.match(alone, { outcome: 'not_applied', status: 503 });
  cluster.startNode(2);
  await servesAgain(cluster, workload, [1, 2]);
  cluster.startNode(3);
  await cluster.ready();
  await servesAgain(cluster, workload, [3]);
  t.same(await workload.verify(), []);
});
