/**
 * Spreads leadership over the nodes: every shard has a preferred leader in the map, and whoever
 * leads a shard that prefers somebody else hands it over, one shard at a time and only to a
 * replica that keeps up. At the first start the preferred leaders campaign at once.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, NodeId, ReplicaId } from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { ShardMap } from './shard/shard-map.js';

export interface LeaderBalanceTiming {
  readonly periodMs: number;
  /** A new leader keeps its shard this long: elections come in bursts. */
  readonly settleMs: number;
  /** After an attempt the shard is left alone this long. */
  readonly retryMs: number;
}

export const defaultLeaderBalanceTiming: LeaderBalanceTiming = {
  periodMs: 500,
  settleMs: 2_000,
  retryMs: 10_000,
};

export interface LeaderBalanceOptions {
  readonly node: NodeId;
  readonly map: ShardMap;
  readonly host: Host;
  readonly clock: Clock;
  readonly timing: LeaderBalanceTiming;
}

export class LeaderBalance {
  readonly #options: LeaderBalanceOptions;
  readonly #ledSinceMs = new Map<GroupId, number>();
  readonly #triedMs = new Map<GroupId, number>();
  #cancel: (() => void) | undefined;

  constructor(options: LeaderBalanceOptions) {
    this.#options = options;
  }

  start({ campaign }: { campaign: boolean }): void {
    const { node, map, host, clock, timing } = this.#options;
    if (campaign) {
      for (const shard of map.heldBy(node)) {
        if (shard.preferredLeader === node) host.campaign(shard.group);
      }
    }
    this.#cancel = clock.every(timing.periodMs, () => this.#handOverOne());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #handOverOne(): void {
    const { node, map, host, clock, timing } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const shard of map.heldBy(node)) {
      const group = host.group(shard.group);
      if (group === undefined || group.raft.role !== 'leader') {
        this.#ledSinceMs.delete(shard.group);
        continue;
      }
      const sinceMs = this.#ledSinceMs.get(shard.group) ?? nowMs;
      this.#ledSinceMs.set(shard.group, sinceMs);
      if (shard.preferredLeader === node || nowMs - sinceMs < timing.settleMs) continue;
      const triedMs = this.#triedMs.get(shard.group);
      if (triedMs !== undefined && nowMs - triedMs < timing.retryMs) continue;
      const preferred = shard.members.find((member) => member.node === shard.preferredLeader);
      if (preferred === undefined || !keepsUp(group, preferred.replica)) continue;
      this.#triedMs.set(shard.group, nowMs);
      host.transfer(shard.group, preferred.replica);
      return;
    }
  }
}

/** Replicating without a gap and not far behind: a transfer to it ends within a round trip. */
function keepsUp(group: Group, replica: ReplicaId): boolean {
  const progress = group.raft.leadership?.followers.get(replica);
  if (progress === undefined || progress.state !== 'replicate') return false;
  const { lastIndex } = group.raft.status;
  return lastIndex - progress.match <= 1_000;
}
