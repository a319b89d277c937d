/**
 * Every fault takes hold of a cluster of real nodes and is undone: its probe says no before, yes
 * while it lasts, and afterwards all nodes serve. JEPSEN_LITE_FAULTS=a,b chooses some.
 */
import { join } from 'node:path';
import t from 'tap';
import { startCluster } from '../../../jepsen-lite/cluster/own-cluster.js';
import { drawFault, faultKinds } from '../../../jepsen-lite/faults/faults.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

const timeLimitMs = 240_000;
t.setTimeout(timeLimitMs);

const chosen = process.env['JEPSEN_LITE_FAULTS']?.split(',');
const wanted = faultKinds.filter(({ name }) => chosen?.includes(name) ?? true);
/** A disk that forgot what it had synced is beyond what a node can mend: it may stop for it. */
const kinds = wanted.filter(({ name }) => name !== 'roll-back');

t.test('every fault takes hold, and ends', async (t) => {
  t.setTimeout(timeLimitMs);
  const dir = join(t.testdir(), 'cluster');
  const cluster = await startCluster({ nodes: 3, shards: 2, dir, proxied: true, shim: true });
  t.teardown(() => cluster.destroy());
  const site = { endpoints: cluster.endpoints, cluster, isKvorum: true };
  const random = (name: string) => new RandomStream(7, name);
  await t.test('none is there before it is injected', async (t) => {
    const faults = kinds.map((kind) => drawFault(kind, site, random(kind.name)));
    await Promise.all(faults.map(async (fault) => t.equal(await fault.probe(), false, fault.name)));
  });
  for (const kind of kinds) {
    const startMs = performance.now();
    const fault = drawFault(kind, site, random(kind.name));
    try {
      const words = await fault.start();
      t.equal(await fault.probe(), true, `${kind.name}: ${words}`);
    } finally {
      const undone = await fault.stop();
      await cluster.becomeReady();
      t.comment(`${kind.name}: ${undone}; ${Math.round(performance.now() - startMs)} ms`);
    }
  }
  t.same(cluster.crashes, []);
});

t.test('a node whose folder was rolled back is noticed; nothing else is promised', async (t) => {
  t.setTimeout(timeLimitMs);
  const kind = faultKinds.find(({ name }) => name === 'roll-back');
  if (kind === undefined || !wanted.includes(kind)) return;
  const dir = join(t.testdir(), 'cluster');
  const cluster = await startCluster({ nodes: 3, shards: 2, dir, proxied: false, shim: false });
  t.teardown(() => cluster.destroy());
  const fault = drawFault(
    kind,
    { endpoints: cluster.endpoints, cluster, isKvorum: true },
    random(),
  );
  const words = await fault.start();
  t.equal(await fault.probe(), true, words);
  await fault.stop();
});

function random(): RandomStream {
  return new RandomStream(7, 'roll-back');
}
