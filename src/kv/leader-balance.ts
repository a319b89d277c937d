/**
 * Spreads leadership over the nodes: every shard has a preferred leader in the map, and whoever
 * leads a shard that prefers somebody else hands it over, one shard at a time and only to a
 * voter that keeps up. At the first start the preferred leaders campaign at once. What an operator
 * has transferred to this node is left here for a while.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, NodeId, ReplicaId } from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { Shard, ShardDirectory } from './shard/shard-map.js';

export interface LeaderBalanceTiming {
  readonly periodMs: number;
  /** A new leader keeps its shard this long: elections come in bursts. */
  readonly settleMs: number;
  /** After an attempt the shard is left alone this long. */
  readonly retryMs: number;
  /** A shard that an operator wants to be led here is left alone this long. */
  readonly operatorMs: number;
  /**
   * A leadership that the preferred node gave away itself is not offered back for this long: it
   * had a reason, a slow disk perhaps.
   */
  readonly returnMs: number;
}

export const defaultLeaderBalanceTiming: LeaderBalanceTiming = {
  periodMs: 500,
  settleMs: 2_000,
  retryMs: 10_000,
  operatorMs: 600_000,
  returnMs: 30_000,
};

export interface LeaderBalanceOptions {
  readonly node: NodeId;
  readonly directory: ShardDirectory;
  readonly host: Host;
  readonly clock: Clock;
  readonly timing: LeaderBalanceTiming;
  /** This node does something for an operator there, which would end with its leadership. */
  readonly busy: (shard: GroupId) => boolean;
}

export class LeaderBalance {
  readonly #options: LeaderBalanceOptions;
  readonly #ledSinceMs = new Map<GroupId, number>();
  readonly #triedMs = new Map<GroupId, number>();
  /** Until when operators' wishes go before the map's. */
  readonly #keptUntilMs = new Map<GroupId, number>();
  /** Who gave this node the leadership, and when. */
  readonly #givenBy = new Map<GroupId, { readonly node: NodeId; readonly atMs: number }>();
  #cancel: (() => void) | undefined;

  constructor(options: LeaderBalanceOptions) {
    this.#options = options;
  }

  start({ campaign }: { campaign: boolean }): void {
    const { node, directory, host, clock, timing } = this.#options;
    if (campaign) {
      for (const shard of directory.map.heldBy(node)) {
        if (shard.preferredLeader === node) host.campaign(shard.group);
      }
    }
    this.#cancel = clock.every(timing.periodMs, () => this.#handOverOne());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** An operator wants this node to lead the shard. */
  keep(shard: GroupId): void {
    const { clock, timing } = this.#options;
    this.#keptUntilMs.set(shard, clock.monotonicMs() + timing.operatorMs);
  }

  askedToLead(shard: GroupId, by: NodeId): void {
    this.#givenBy.set(shard, { node: by, atMs: this.#options.clock.monotonicMs() });
  }

  /** The node is gone, perhaps restarted: whatever reason it had is gone with it. */
  unreachable(node: NodeId): void {
    for (const [shard, given] of this.#givenBy) {
      if (given.node === node) this.#givenBy.delete(shard);
    }
  }

  #gaveItAway({ group, preferredLeader }: Shard, nowMs: number): boolean {
    const given = this.#givenBy.get(group);
    if (given?.node !== preferredLeader) return false;
    return nowMs - given.atMs < this.#options.timing.returnMs;
  }

  #handOverOne(): void {
    const { node, directory, host, clock, timing } = this.#options;
    const nowMs = clock.monotonicMs();
    // All shards: who holds one is no longer what the map says once its members have changed.
    for (const shard of directory.map.shards) {
      const group = host.group(shard.group);
      if (group === undefined || group.raft.role !== 'leader') {
        this.#ledSinceMs.delete(shard.group);
        continue;
      }
      const sinceMs = this.#ledSinceMs.get(shard.group) ?? nowMs;
      this.#ledSinceMs.set(shard.group, sinceMs);
      if (shard.preferredLeader === node || nowMs - sinceMs < timing.settleMs) continue;
      if ((this.#keptUntilMs.get(shard.group) ?? nowMs) > nowMs) continue;
      if (this.#options.busy(shard.group)) continue;
      if (this.#gaveItAway(shard, nowMs)) continue;
      const triedMs = this.#triedMs.get(shard.group);
      if (triedMs !== undefined && nowMs - triedMs < timing.retryMs) continue;
      const { voters } = group.raft.membership.configuration;
      const preferred = voters.find((member) => member.node === shard.preferredLeader);
      if (preferred === undefined || !keepsUp(group, preferred.replica)) continue;
      this.#triedMs.set(shard.group, nowMs);
      host.transfer(shard.group, preferred.replica);
      return;
    }
  }
}

/** Heard, without a gap and not far behind: a transfer to it ends within a round trip. */
function keepsUp(group: Group, replica: ReplicaId): boolean {
  const progress = group.raft.leadership?.followers.get(replica);
  if (progress?.state !== 'replicate' || !progress.recentlyActive) return false;
  const { lastIndex } = group.raft.status;
  return lastIndex - progress.match <= 1_000;
}
