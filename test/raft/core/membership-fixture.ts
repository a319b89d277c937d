/**
 * Membership changes in few words, and what a leader's parts look at, without a leader.
 */
import { Membership } from '../../../src/raft/core/membership.js';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { Progress } from '../../../src/raft/core/progress.js';
import type {
  Configuration,
  Index,
  MembershipStep,
  ReplicaId,
} from '../../../src/raft/core/types.js';

import { SeededRandom } from './seeded-random.js';
import { SimulatedCluster } from './simulated-cluster.js';
import { describeConfiguration } from './transcript-words.js';

export const add = (node: number): MembershipStep => ({ kind: 'add-learner', node });
export const promote = (replica: number): MembershipStep => ({ kind: 'promote', replica });
export const demote = (replica: number): MembershipStep => ({ kind: 'demote', replica });
export const remove = (replica: number): MembershipStep => ({ kind: 'remove', replica });

export const members = (cluster: SimulatedCluster, id: number) =>
  describeConfiguration(cluster.status(id).configuration);

/** Time passes for these, and everything arrives. */
export function pass(cluster: SimulatedCluster, ticks: number, ...ids: readonly number[]): void {
  for (let i = 0; i < ticks; i += 1) {
    for (const id of ids) if (cluster.replica(id).up) cluster.tick(id);
    cluster.settle();
  }
}

/** Replica 1 leads; what it takes to hear from everybody has happened. */
export function led(size: { voters: number; learners?: number }): SimulatedCluster {
  const cluster = new SimulatedCluster({ ...size, random: new SeededRandom(1).next });
  cluster.elect(1);
  pass(cluster, defaultTiming.heartbeatTicks, 1);
  return cluster;
}

export interface Known {
  readonly match: Index;
  /** Neither heard in this period nor in the one before. */
  readonly silent?: boolean;
}

/** Replica 1 leads; of the others this is known. */
export function followersOf(
  configuration: Configuration,
  known: Readonly<Record<ReplicaId, Known>>,
): { membership: Membership; followers: Map<ReplicaId, Progress> } {
  const membership = new Membership(configuration);
  const followers = new Map<ReplicaId, Progress>();
  for (const [id, { match, silent = false }] of Object.entries(known)) {
    const progress = new Progress(match + 1, { messagesMax: 10, bytesMax: 1000 });
    progress.accepted(match);
    if (!silent) progress.hear();
    followers.set(Number(id), progress);
  }
  return { membership, followers };
}
