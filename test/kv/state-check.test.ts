/** Damage in the state of one replica is found by the others, and healed. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { defaultStateCheckTiming } from '../../src/kv/state-check-timing.js';
import { databaseFileName } from '../../src/kv/store/schema.js';
import { NodeCluster } from './node-cluster.js';

const often = { stateCheck: { ...defaultStateCheckTiming, passMs: 200, stepMs: 20 } };

async function filled(t: Test): Promise<NodeCluster> {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 1, replicas: 3, tuning: often });
  await cluster.start(1, 2, 3);
  await cluster.ready();
  for (let i = 0; i < 30; i += 1) await cluster.put(1, `key ${i}`, `${i}`);
  return cluster;
}

/** What a flipped bit on its disk does to a node that is not running. */
function damage(cluster: NodeCluster, node: number, key: string): void {
  const database = new Database(join(cluster.stateFolder(node), databaseFileName));
  const { changes } = database
    .prepare('UPDATE kv SET value = ? WHERE key = ?')
    .run(Buffer.from('damaged'), Buffer.from(key));
  database.close();
  if (changes !== 1) throw new Error('there is no such row');
}

const compared = (cluster: NodeCluster) =>
  cluster.running.reduce((sum, id) => sum + cluster.at(id).statistics().stateChecks, 0);
const damaged = (cluster: NodeCluster, id: number) => cluster.at(id).statistics().damagedReplicas;

t.test('replicas that agree are left alone', async (t) => {
  const cluster = await filled(t);
  await cluster.until('several passes are over', () => compared(cluster) >= 4);
  for (const id of cluster.running) t.equal(damaged(cluster, id), 0);
  const { snapshots } = cluster.at(2).statistics();
  t.equal(snapshots.installed, 0);
});

t.test('a damaged follower is found, serves nothing, and is healed', async (t) => {
  const cluster = await filled(t);
  const leader = cluster.leaderOf('key 7');
  const victim = cluster.running.find((id) => id !== leader) ?? 0;
  await cluster.stop(victim);
  damage(cluster, victim, 'key 7');
  await cluster.start(victim);
  await cluster.until('the damage is found', () => damaged(cluster, victim) === 1);
  await cluster.until('it is healed', () => {
    const replica = cluster.at(victim).shards()[0]?.replica;
    // What was found is counted a turn before the replica is told.
    const { installed } = cluster.at(victim).statistics().snapshots;
    return installed === 1 && replica?.installing === false && replica.damaged === false;
  });
  const { found, node } = await cluster.get(victim, 'key 7', { consistency: 'stale' });
  t.equal(node, victim);
  t.equal(`${found?.value}`, '7');
  t.equal(cluster.at(victim).statistics().snapshots.installed, 1);
  t.equal(cluster.failures.length, 0, 'and no node has stopped for it');
});

t.test('a damaged leader hands over and is healed', async (t) => {
  const cluster = await filled(t);
  const victim = cluster.leaderOf('key 7') ?? 0;
  await cluster.stop(...cluster.running);
  damage(cluster, victim, 'key 7');
  await cluster.start(1, 2, 3);
  await cluster.until('the damage is found', () => damaged(cluster, victim) === 1);
  await cluster.until('it is healed', () => {
    const replica = cluster.at(victim).shards()[0]?.replica;
    // What was found is counted a turn before the replica is told.
    const { installed } = cluster.at(victim).statistics().snapshots;
    return installed === 1 && replica?.installing === false && replica.damaged === false;
  });
  for (const id of [1, 2, 3]) {
    const { found } = await cluster.get(id, 'key 7', { consistency: 'stale' });
    t.equal(`${found?.value}`, '7', `node ${id}`);
  }
  t.equal(cluster.failures.length, 0);
});
