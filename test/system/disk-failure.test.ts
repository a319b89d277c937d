/**
 * A disk that fails under load: that node stops acknowledging at once and says why, the others go
 * on, and a restart with a working disk heals it.
 */
import t, { type Test } from 'tap';
import {
  failSyncs,
  fileSizeLimit,
  limitFileSize,
  systemCallFaults,
} from '../../jepsen-lite/cluster/disk-faults.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

const victim = 1;
const others = [2, 3];

t.test('a full disk', async (t) => {
  const { missing } = fileSizeLimit();
  if (missing !== undefined) return t.comment(`skipped: ${missing}`);
  await failUnderLoad(t, async (cluster) => {
    limitFileSize(cluster.process(victim), 1);
    return async () => {};
  });
});

t.test('sync and write errors', async (t) => {
  const { missing } = systemCallFaults();
  if (missing !== undefined) return t.comment(`skipped: ${missing}`);
  await failUnderLoad(t, async (cluster) => {
    const injection = await failSyncs(cluster.process(victim));
    return () => injection.stop();
  });
});

/** `fail` breaks the victim's disk and hands back what ends the fault's own process. */
async function failUnderLoad(
  t: Test,
  fail: (cluster: Cluster) => Promise<() => Promise<void>>,
): Promise<void> {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets(), timeoutMs: 2_500 });
  t.teardown(() => workload.close());
  workload.start();
  await eventually('a load', () => workload.history.count('ok') > 300 || undefined);
  const release = await fail(cluster);
  const tookMs = await servesAgain(cluster, workload, others);
  t.comment(`without the disk of node ${victim}: all shards after ${tookMs | 0} ms`);

  // Either it has ended, or it says on its probe what it suffers from; its log tells it anyway.
  await eventually('the node says that it failed', async () => {
    if (!cluster.process(victim).running) return true;
    const answer = await cluster.client(victim).request('GET', '/livez', { timeoutMs: 2_000 });
    return answer.status === 503 || undefined;
  });
  t.match(cluster.process(victim).log, /EFBIG|EIO|I\/O error|too large|disk/i);
  const failedMs = performance.now();
  const toVictim = () =>
    workload.history.writes.filter(
      ({ node, invokedMs }) => node === victim && invokedMs > failedMs,
    );
  await eventually('writes through it', () => toVictim().length > 5 || undefined);
  t.same(
    toVictim().filter(({ outcome }) => outcome === 'ok'),
    [],
    'it acknowledges nothing more',
  );

  await release();
  await cluster.kill(victim);
  await cluster.restart(victim);
  await servesAgain(cluster, workload);
  await workload.stop();
  t.same(await workload.verify(), []);
}
