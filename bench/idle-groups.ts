/**
 * What a thousand idle groups cost, and what happens when all of them wake at once.
 *
 *   node build/bench/idle-groups.js [--shards 1000] [--seconds 20]
 *
 * Three nodes hold a replica of every shard. Once all groups are quiet the processor time of each
 * node is measured; then one read per shard wakes them all, and the elections that this costs are
 * counted: there should be none. At last one node is killed, which wakes every group whose leader
 * it was: each has one election, spread over an election timeout.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Cluster } from '../test/system/cluster.js';
import { eventually } from '../test/system/eventually.js';
import { keyPerShard } from '../test/system/shard-keys.js';
import { BenchOwner } from './owner.js';

const { values: flags } = parseArgs({
  options: {
    shards: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
  },
});
const shards = Number(flags.shards);
const readsAtOnce = 64;
/** Leaderships are spread over the nodes at a pace of their own first. */
const quietMsMax = 400_000;
/** A thousand elections, on two cores that three nodes share. */
const startMsMax = 120_000;

const owner = new BenchOwner();
await owner.during(async () => {
  const cluster = await Cluster.prepare(owner, { shards });
  for (const id of cluster.ids) cluster.startNode(id);
  await cluster.ready(cluster.ids, startMsMax);
  await quiet(cluster);
  await measure(cluster, `${shards} quiet groups`);
  const before = await metric(cluster, 'kvorum_elections_total');
  const startedMs = performance.now();
  await readAll(cluster, cluster.ids);
  const tookMs = performance.now() - startedMs;
  const elections = (await metric(cluster, 'kvorum_elections_total')) - before;
  console.log(`all woken by reads in ${tookMs.toFixed(0)} ms: ${elections} elections`);
  await quiet(cluster);
  await measure(cluster, 'quiet again');
  await killOne(cluster);
});

async function killOne(cluster: Cluster): Promise<void> {
  const [victim = 0, ...rest] = cluster.ids;
  const led = [...(await cluster.leaders(victim)).values()].filter((id) => id === victim).length;
  const before = await metric(cluster, 'kvorum_elections_total', rest);
  const startedMs = performance.now();
  await cluster.kill(victim);
  await eventually('all shards have a leader', async () => {
    const leaders = await cluster.leaders(rest[0] ?? 0);
    const alive = [...leaders.values()].filter((id) => id !== victim).length;
    return alive === shards || undefined;
  });
  const tookMs = performance.now() - startedMs;
  const elections = (await metric(cluster, 'kvorum_elections_total', rest)) - before;
  const facts = `${led} shards were led there, ${elections} elections`;
  console.log(`node ${victim} killed: all led again after ${tookMs.toFixed(0)} ms; ${facts}`);
}

async function measure(cluster: Cluster, what: string): Promise<void> {
  const seconds = Number(flags.seconds);
  const used = cluster.ids.map((id) => cluster.process(id).processorMs() ?? 0);
  const startedMs = performance.now();
  await sleep(seconds * 1_000);
  const elapsedMs = performance.now() - startedMs;
  const shares = cluster.ids.map((id, index) => {
    const ms = (cluster.process(id).processorMs() ?? 0) - (used[index] ?? 0);
    return `${((100 * ms) / elapsedMs).toFixed(1)} %`;
  });
  console.log(`${what}: ${shares.join(', ')} of a core`);
}

/** Asked once a second: a scrape of a thousand groups is work, too. */
async function quiet(cluster: Cluster): Promise<void> {
  const startedMs = performance.now();
  const all = shards * cluster.ids.length;
  for (let count = 0; count < all; ) {
    await sleep(1_000);
    count = await metric(cluster, 'kvorum_quiet_groups');
    if (performance.now() - startedMs > quietMsMax) throw new Error(`${count} of ${all} are quiet`);
  }
  console.log(`all quiet after ${(performance.now() - startedMs).toFixed(0)} ms`);
}

async function readAll(cluster: Cluster, ids: readonly number[]): Promise<void> {
  const keys = keyPerShard(shards);
  let next = 0;
  const reader = async () => {
    for (let at = next++; at < keys.length; at = next++) {
      const node = ids[at % ids.length] ?? 1;
      const { outcome, status } = await cluster.client(node).get(keys[at] ?? '');
      if (outcome === 'refused') console.log(`a read through node ${node}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, reader));
}

/** Sum over the nodes. */
async function metric(cluster: Cluster, name: string, ids = cluster.ids): Promise<number> {
  let sum = 0;
  for (const id of ids) {
    const { body } = await cluster.client(id).request('GET', '/metrics');
    const line = body
      .toString('utf8')
      .split('\n')
      .find((text) => text.startsWith(`${name} `));
    sum += Number(line?.split(' ')[1] ?? Number.NaN);
  }
  return sum;
}
