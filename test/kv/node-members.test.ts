/** Members of shards come and go, by whole nodes. */
import t, { type Test } from 'tap';
import type { MembershipRequest } from '../../src/kv/service.js';
import { defaultHostLimits, defaultHostTiming } from '../../src/raft/host-options.js';
import { NodeCluster } from './node-cluster.js';

const shortLogs = {
  hostLimits: { ...defaultHostLimits, tailAgeMs: 1 },
  hostTiming: { ...defaultHostTiming, compactionMs: 50 },
};
const context = { requestId: 'members', timeoutMs: 20_000, forward: true };
const now = { dryRun: false } as const;

async function filled(t: Test, nodes: number): Promise<NodeCluster> {
  const size = { nodes, shards: 1, replicas: 3 } as const;
  const cluster = new NodeCluster(t, { ...size, tuning: shortLogs });
  await cluster.start(...cluster.ids);
  await cluster.until(
    'a leader is known',
    () => cluster.leaderOf('k', holders(cluster)[0]) !== undefined,
  );
  for (let i = 0; i < 40; i += 1) await cluster.put(1, `key ${i}`, `${i}`);
  return cluster;
}

const members = (cluster: NodeCluster, seenBy: number) =>
  cluster
    .at(seenBy)
    .shards()[0]
    ?.members.map(({ node, role }) => `${node} ${role}`);
/** Nodes with a replica. */
const holders = (cluster: NodeCluster) =>
  cluster.running.filter((id) => cluster.at(id).shards()[0]?.replica !== undefined);
const change = (cluster: NodeCluster, by: number, request: MembershipRequest) =>
  cluster.at(by).changeMembers(1, request, context);

async function readAll(t: Test, cluster: NodeCluster, id: number): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    const { found } = await cluster.get(id, `key ${i}`);
    if (`${found?.value}` !== `${i}`) t.fail(`key ${i} differs on node ${id}`);
  }
}

t.test('a node is added, catches up and votes; another is removed and forgets all', async (t) => {
  const cluster = await filled(t, 4);
  const [first = 0] = holders(cluster);
  const added = cluster.ids.find((id) => !holders(cluster).includes(id)) ?? 0;
  const answer = await change(cluster, added, {
    ...now,
    action: 'add',
    node: added,
    learner: false,
    force: false,
  });
  t.match(answer, { state: 'done', changed: true });
  await cluster.until('it serves', () => {
    const replica = cluster.at(added).shards()[0]?.replica;
    return replica?.voter === true && replica.installing === false;
  });
  t.same(
    members(cluster, added),
    cluster.ids.map((id) => `${id} voter`),
  );
  t.equal(cluster.at(added).statistics().snapshots.installed, 1);
  await readAll(t, cluster, added);
  t.match(await change(cluster, added, { ...now, action: 'remove', node: first }), {
    state: 'done',
  });
  await cluster.until(
    'it has forgotten',
    () => cluster.at(first).shards()[0]?.replica === undefined,
  );
  await cluster.put(first, 'later', 'x');
  t.equal(`${(await cluster.get(first, 'later')).found?.value}`, 'x', 'it finds the others');
  await readAll(t, cluster, first);
  await cluster.stop(first);
  await cluster.start(first);
  t.equal(cluster.at(first).shards()[0]?.replica, undefined, 'and it stays so');
  t.equal(cluster.failures.length, 0);
});

t.test('F8: a shard whose members have all moved is found from everywhere', async (t) => {
  const cluster = await filled(t, 6);
  const before = holders(cluster);
  const after = cluster.ids.filter((id) => !before.includes(id));
  for (const [i, node] of before.entries()) {
    const by = after[i] ?? 0;
    const request = { ...now, action: 'replace', node, by, force: false } as const;
    t.match(await change(cluster, 1, request), { state: 'done' }, `${node} by ${by}`);
  }
  await cluster.until('the old ones have forgotten', () =>
    before.every((id) => cluster.at(id).shards()[0]?.replica === undefined),
  );
  t.same(holders(cluster), after);
  for (const id of cluster.ids) await readAll(t, cluster, id);
  await cluster.stop(...cluster.ids);
  await cluster.start(...cluster.ids);
  for (const id of cluster.ids) await readAll(t, cluster, id);
  t.equal((await cluster.put(before[0] ?? 0, 'k', 'v')).outcome, 'created');
  t.equal(cluster.failures.length, 0);
});

t.test('G2: a replica that comes back to a node is somebody else', async (t) => {
  const cluster = await filled(t, 4);
  const leader = cluster.leaderOf('k', holders(cluster)[0]);
  const moved = holders(cluster).find((id) => id !== leader) ?? 0;
  const replicaOf = () => cluster.at(moved).shards()[0]?.replica?.replica;
  const old = replicaOf() ?? 0;
  await change(cluster, 1, { ...now, action: 'remove', node: moved });
  await cluster.until('it has forgotten', () => replicaOf() === undefined);
  const request = { ...now, action: 'add', node: moved, learner: false, force: false } as const;
  await change(cluster, 1, request);
  await cluster.until('it serves', () => cluster.at(moved).shards()[0]?.replica?.voter === true);
  t.ok((replicaOf() ?? 0) > old);
  await readAll(t, cluster, moved);
  t.equal(cluster.failures.length, 0);
});

t.test('a removed node that was away learns of it when it comes back (sys 26)', async (t) => {
  const cluster = await filled(t, 4);
  const leader = cluster.leaderOf('k', holders(cluster)[0]);
  const away = holders(cluster).find((id) => id !== leader) ?? 0;
  await cluster.stop(away);
  await change(cluster, cluster.running[0] ?? 0, { ...now, action: 'remove', node: away });
  await cluster.start(away);
  await cluster.until(
    'it has forgotten',
    () => cluster.at(away).shards()[0]?.replica === undefined,
  );
  await readAll(t, cluster, away);
  t.equal(cluster.failures.length, 0);
});
