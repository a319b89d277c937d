/**
 * Partitions, through proxies on every link: the side without a majority refuses writes, also on
 * connections its clients hold open, while the majority goes on; afterwards all agree.
 */
import t, { type Test } from 'tap';
import type { LinkProxy } from '../../jepsen-lite/cluster/link-proxy.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

async function loaded(t: Test) {
  const cluster = await Cluster.start(t, { proxies: true });
  const workload = new Workload({ nodes: cluster.targets(), timeoutMs: 2_500 });
  t.teardown(() => workload.close());
  workload.start();
  await eventually('a load', () => workload.history.count('ok') > 300 || undefined);
  return { cluster, workload };
}

const faults: readonly [string, (link: LinkProxy) => void][] = [
  ['ends its connections', (link) => link.cut()],
  ['makes them silent', (link) => link.blackhole('both')],
];

for (const [how, isolate] of faults) {
  t.test(`a partition that ${how}`, async (t) => {
    const { cluster, workload } = await loaded(t);
    const minority = (await cluster.leaders(2)).get(1) ?? 1;
    const majority = cluster.ids.filter((id) => id !== minority);
    for (const link of cluster.linksAround([minority])) isolate(link);
    const tookMs = await servesAgain(cluster, workload, majority);
    t.ok(tookMs < 3_000, `without node ${minority} all shards after ${tookMs | 0} ms`);

    // The load's connections to the minority are the ones from before.
    await cluster.lacksMajority(minority);
    const isolatedMs = performance.now();
    const ofMinority = () =>
      workload.history.writes.filter(
        ({ node, invokedMs }) => node === minority && invokedMs > isolatedMs,
      );
    const majorityBefore = workload.history.count('ok');
    await eventually('more refusals', () => ofMinority().length > 8 || undefined);
    t.same(
      ofMinority().filter(({ outcome }) => outcome !== 'not_applied'),
      [],
      'the minority refuses every write and says that it is not applied',
    );
    t.ok(workload.history.count('ok') > majorityBefore, 'while the majority goes on');

    cluster.heal();
    await cluster.ready();
    await servesAgain(cluster, workload);
    await workload.stop();
    t.same(await workload.verify(), []);
  });
}

t.test('links that carry one way only, or late, or break all the time', async (t) => {
  const { cluster, workload } = await loaded(t);
  const check = async (what: string) => {
    const tookMs = await servesAgain(cluster, workload, [2, 3]);
    t.comment(`${what}: all shards through nodes 2 and 3 after ${tookMs | 0} ms`);
    cluster.heal();
    await cluster.ready();
    await servesAgain(cluster, workload);
  };
  // Node 1 is heard and does not hear.
  for (const from of [2, 3]) cluster.link(from, 1).blackhole('forward');
  for (const to of [2, 3]) cluster.link(1, to).blackhole('backward');
  await check('node 1 is deaf');
  // Node 1 hears and is not heard.
  for (const from of [2, 3]) cluster.link(from, 1).blackhole('backward');
  for (const to of [2, 3]) cluster.link(1, to).blackhole('forward');
  await check('node 1 is mute');
  for (const link of cluster.linksAround([1])) link.delay(60);
  await check('node 1 is far away');
  const resets = setInterval(() => {
    for (const link of cluster.linksAround([1])) link.reset();
  }, 200);
  t.teardown(() => clearInterval(resets));
  await servesAgain(cluster, workload, [2, 3]);
  clearInterval(resets);
  await check('the links of node 1 break five times a second');
  await workload.stop();
  t.same(await workload.verify(), []);
});
