/** Whole nodes and snapshots: a node that was away for longer than the others keep their logs. */
import t, { type Test } from 'tap';
import { defaultHostLimits, defaultHostTiming } from '../../src/raft/host-options.js';
import { NodeCluster } from './node-cluster.js';

/** Logs go as soon as the state has them durably. */
const shortLogs = {
  hostLimits: { ...defaultHostLimits, tailAgeMs: 1 },
  hostTiming: { ...defaultHostTiming, compactionMs: 50 },
};

/** Where the log of each shard begins on node 3, in the order of the shards. */
function logStarts(cluster: NodeCluster): number[] {
  return cluster
    .at(3)
    .shards()
    .map(({ replica }) => replica?.firstIndex ?? 0);
}

async function away(t: Test): Promise<NodeCluster> {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 2, replicas: 3, tuning: shortLogs });
  await cluster.start(1, 2, 3);
  await cluster.ready();
  await cluster.put(1, 'before', 'x');
  await cluster.stop(3);
  for (let i = 0; i < 60; i += 1) await cluster.put(1, `key ${i}`, `${i}`.repeat(100));
  await cluster.until('the logs are short', () =>
    [1, 2].every((id) =>
      cluster
        .at(id)
        .shards()
        .every(({ replica }) => (replica?.firstIndex ?? 0) > 10),
    ),
  );
  return cluster;
}

t.test('it catches up by snapshots, then by entries', async (t) => {
  const cluster = await away(t);
  await cluster.start(3);
  await cluster.ready();
  const { snapshots } = cluster.at(3).statistics();
  t.equal(snapshots.failed, 0);
  t.equal(snapshots.received, snapshots.installed);
  // Of the meta group a third one, if it changed while the node was away.
  t.ok(snapshots.installed === 2 || snapshots.installed === 3, `${snapshots.installed} installed`);
  t.ok(
    logStarts(cluster).every((firstIndex) => firstIndex > 10),
    'both shards began anew behind what the others had dropped',
  );
  for (let i = 0; i < 60; i += 1) {
    const { found, node } = await cluster.get(3, `key ${i}`, { consistency: 'stale' });
    if (`${found?.value}` !== `${i}`.repeat(100)) t.fail(`key ${i} differs`);
    t.equal(node, 3);
  }
  await cluster.put(3, 'after', 'y');
  t.equal(`${(await cluster.get(3, 'after')).found?.value}`, 'y');
  t.equal(`${(await cluster.get(3, 'before')).found?.value}`, 'x');
  t.equal(cluster.failures.length, 0);
});

t.test('stopped in the middle and started again it still gets there', async (t) => {
  const cluster = await away(t);
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await cluster.start(3);
    await new Promise((resolve) => setTimeout(resolve, attempt * 40));
    await cluster.stop(3);
  }
  await cluster.start(3);
  await cluster.ready();
  for (let i = 0; i < 60; i += 1) {
    const { found } = await cluster.get(3, `key ${i}`);
    if (`${found?.value}` !== `${i}`.repeat(100)) t.fail(`key ${i} differs`);
  }
  t.equal(cluster.failures.length, 0);
});
