/** Damage in the state of one replica is found by the others, and healed. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { StateCheck, type StateCheckOptions } from '../../src/kv/state-check.js';
import { defaultStateCheckTiming } from '../../src/kv/state-check-timing.js';
import { decodeStateHashRequest, encodeStateHashAnswer } from '../../src/kv/state-hash-codec.js';
import { databaseFileName } from '../../src/kv/store/schema.js';
import { RequestError } from '../../src/raft/transport/types.js';
import { ManualClock } from '../simulation/manual-clock.js';
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

/** Replica 1 leads, 2 has another state, and 3 answers once it is back. */
function disputed() {
  const clock = new ManualClock();
  const here = { compared: 0, back: false, told: [] as string[] };
  const membership = { voters: [1, 2, 3], outgoing: [], replicas: [1, 2, 3] };
  const raft = { role: 'leader', installing: false, membership };
  const group = { id: 1, replica: 1, raft, nodeOf: (replica: number) => replica };
  const check = new StateCheck({
    host: {
      group: () => group,
      groups: () => [group],
      propose: async () => {
        here.compared += 1;
        const result = { outcome: 'verified', index: here.compared, hash: 7n, passEnds: true };
        return { status: 'applied', result };
      },
      stateDamaged() {},
    } as unknown as StateCheckOptions['host'],
    store: {
      shard: () => ({ epoch: { range: 1, members: 1 } }),
    } as unknown as StateCheckOptions['store'],
    transport: {
      async request(node, body) {
        const request = decodeStateHashRequest(Buffer.from(body));
        if (request.kind === 'verdict') here.told.push(`node ${node}: ${request.hash}`);
        if (node === 3 && !here.back) throw new RequestError('unknown', 'it is away');
        return encodeStateHashAnswer({ kind: 'hash', hash: node === 2 ? 8n : 7n });
      },
    },
    clock,
    random: () => 0,
    timing: defaultStateCheckTiming,
    logger: { info() {}, warn() {}, error() {} },
  });
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      clock.advance(1_000);
      for (let turn = 0; turn < 5; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  return { here, check, pass };
}

t.test('a difference that nobody can judge yet is looked at again soon', async (t) => {
  const { here, check, pass } = disputed();
  check.start();
  await pass(125);
  t.equal(here.compared, 3, 'every minute, not in six hours');
  t.same(here.told, []);
  here.back = true;
  await pass(60);
  t.same(here.told, ['node 2: 7']);
  const { compared } = here;
  await pass(180);
  t.equal(here.compared, compared, 'settled: the next pass comes in its time');
  check.stop();
});

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
