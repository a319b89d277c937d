/**
 * kill -9 of any one node under load: nothing acknowledged is lost, the others serve again within
 * 3 s, the killed node catches up when it is started again.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

const servesAgainMsMax = 3_000;

t.test('each node in turn is killed under load and comes back', async (t) => {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  workload.start();
  for (const victim of cluster.ids) {
    const writes = workload.history.count('ok');
    await eventually('a load', () => workload.history.count('ok') > writes + 500 || undefined);
    await cluster.kill(victim);
    const others = cluster.ids.filter((id) => id !== victim);
    const tookMs = await servesAgain(cluster, workload, others);
    t.ok(tookMs < servesAgainMsMax, `without node ${victim}: all shards after ${tookMs | 0} ms`);
    await cluster.restart(victim);
  }
  await workload.stop();
  t.same(await workload.verify(), []);
  t.comment(
    `${workload.history.count('ok')} acknowledged, ${workload.history.count('unknown')} unknown, ` +
      `${workload.history.count('not_applied')} refused, ${workload.history.reads.length} reads`,
  );

  // What the killed nodes missed they have now: their own copies hold it.
  const keys = workload.history.keys().filter((_, index) => index % 10 === 0);
  for (const node of cluster.ids) {
    for (const key of keys) {
      const fresh = await workload.read(node, key);
      await eventually(`node ${node} has ${key}`, async () => {
        const own = await workload.read(node, key, 'consistency=stale');
        return own.revision === fresh.revision || undefined;
      });
    }
  }
  t.same(workload.history.violations(), []);
});
