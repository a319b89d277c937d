/** A node that stops and is given leaderships by others that do not know. */
import t from 'tap';
import { NodeCluster } from './node-cluster.js';

t.test('what comes to a draining node is handed over again before it closes', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 1, replicas: 3 });
  await cluster.start(1, 2, 3);
  await cluster.ready();
  await cluster.put(1, 'key', 'value');
  const leader = cluster.leaderOf('key') ?? 0;
  const [stopping = 0] = cluster.ids.filter((id) => id !== leader);
  const host = cluster.at(leader).host;
  const group = cluster.at(stopping).host.group(1);
  const leads = () => group?.raft.leadership !== undefined;
  await cluster.until('it keeps up', () => {
    const progress = host.group(1)?.raft.leadership?.followers.get(group?.replica ?? 0);
    return progress?.state === 'replicate' && progress.recentlyActive;
  });
  host.transfer(1, group?.replica ?? 0);
  const drained = cluster.at(stopping).drain(20_000);
  await cluster.until('it came here', leads);
  await drained;
  t.notOk(leads(), 'and has gone');
  t.not(cluster.leaderOf('key', leader), stopping);
  await cluster.stop(stopping);
  const [other = 0] = cluster.ids.filter((id) => id !== stopping);
  t.equal(`${(await cluster.get(other, 'key')).found?.value}`, 'value');
});
