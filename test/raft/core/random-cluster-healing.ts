/**
 * The end of a random run: every link works, everybody is up, disks answer. Within a bounded
 * number of ticks the group must elect, catch everybody up, and take one more write and one
 * more read from every replica (liveness). Only a replica whose next entry is compacted away at
 * the leader may stay behind.
 */
import type { RandomCluster } from './random-cluster.js';
import type { SimulatedReplica } from './simulated-replica.js';

/** Some election timeouts: split votes and old leaders each cost one. */
const ticksMax = 400;
const passesPerTick = 6;

export function healAndConverge(cluster: RandomCluster): void {
  endFaults(cluster);
  runUntil(cluster, 'converges', () => converged(cluster));
  workOnce(cluster);
  if (cluster.weather.quietAfterTicks === 0) return;
  runUntil(cluster, 'goes quiet', () => membersOf(cluster).every((replica) => replica.core.quiet));
  // Any of them wakes all the others.
  cluster.read(cluster.random.pick(membersOf(cluster)));
  runUntil(cluster, 'wakes', () => cluster.invariants.openReads.size === 0);
  workOnce(cluster);
}

/** For a while everything works, and nothing is expected of it. */
export function goodWeather(cluster: RandomCluster, ticks: number): void {
  endFaults(cluster);
  for (let tick = 0; tick < ticks; tick += 1) {
    for (let pass = 0; pass < passesPerTick; pass += 1) settleOnce(cluster);
    for (const replica of cluster.up) cluster.step(replica, { kind: 'tick' });
  }
}

function endFaults(cluster: RandomCluster): void {
  cluster.allLinksWork();
  for (const replica of cluster.down) cluster.restart(replica);
}

function workOnce(cluster: RandomCluster): void {
  const leader = leaderOf(cluster);
  if (leader === undefined) throw new Error('converged without a leader');
  cluster.propose(leader, 1);
  for (const replica of membersOf(cluster)) cluster.read(replica);
  runUntil(cluster, 'converges again and answers all reads', () => {
    return converged(cluster) && cluster.invariants.openReads.size === 0;
  });
}

function runUntil(cluster: RandomCluster, what: string, done: () => boolean): void {
  for (let tick = 0; tick < ticksMax; tick += 1) {
    for (let pass = 0; pass < passesPerTick; pass += 1) settleOnce(cluster);
    if (done()) return;
    cluster.members.tellOrphans();
    for (const replica of cluster.up) cluster.step(replica, { kind: 'tick' });
  }
  const states = cluster.up.map((replica) => JSON.stringify(replica.core.status));
  throw new Error(`the group never ${what}:\n${states.join('\n')}`);
}

function settleOnce(cluster: RandomCluster): void {
  cluster.deliverAll();
  for (const replica of cluster.up) {
    cluster.drain(replica);
    cluster.finish(replica, Number.POSITIVE_INFINITY);
    cluster.drain(replica);
    cluster.apply(replica, Number.POSITIVE_INFINITY);
    cluster.drain(replica);
    cluster.snapshots.settle(replica);
    cluster.drain(replica);
  }
}

function leaderOf(cluster: RandomCluster): SimulatedReplica | undefined {
  const leaders = cluster.up.filter((replica) => replica.core.status.role === 'leader');
  return leaders.length === 1 ? leaders[0] : undefined;
}

function converged(cluster: RandomCluster): boolean {
  const leader = leaderOf(cluster);
  if (leader === undefined) return false;
  const { term, lastIndex, commit, applied, transferring } = leader.core.status;
  if (commit !== lastIndex || applied !== commit || transferring) return false;
  if (leader.core.status.pendingChange || !leader.core.status.isVoter) return false;
  if (!everybodyKnows(cluster, leader)) return false;
  return membersOf(cluster).every((replica) => {
    const own = replica.core.status;
    if (own.term !== term || own.leader !== leader.id) return false;
    return own.applied === applied && !own.installing;
  });
}

/** Members are there, and whoever was removed is gone, unless it never was anybody. */
function everybodyKnows(cluster: RandomCluster, leader: SimulatedReplica): boolean {
  const { membership } = leader.core;
  if (!membership.replicas.every((id) => cluster.replicas.get(id)?.up === true)) return false;
  return cluster.up.every(({ id, core }) => membership.has(id) || core.status.uninitialised);
}

function membersOf(cluster: RandomCluster): SimulatedReplica[] {
  const { membership } = leaderOf(cluster)?.core ?? {};
  return cluster.up.filter(({ id }) => membership?.has(id) ?? true);
}
