/**
 * What every node should carry and the most that it may, by its weight and its zone, and what a
 * shard weighs: the measure for scores, targets and plans of one view.
 */
import type { NodeId } from '../../raft/core/types.js';
import { replicasPerZone } from '../shard/placement.js';
import { costBound } from '../shard/placement-load.js';
import { fairShares } from '../shard/placement-share.js';
import { type ClusterView, learnersOf, type ViewNode } from './cluster-view.js';
import { eligibleNodes, replicasWanted } from './eligibility.js';
import { ShardCosts } from './shard-cost.js';

export interface NodeRoom {
  readonly share: number;
  readonly bound: number;
  /** Of the shards' leading, by weight. */
  readonly leaderShare: number;
}

const noRoom: NodeRoom = { share: 0, bound: 0, leaderShare: 0 };

export class LoadModel {
  readonly costs: ShardCosts;
  readonly eligible: readonly ViewNode[];
  /** Voters that a shard should have. */
  readonly replicasWanted: number;
  /** Voters that a shard can have: fewer where too few nodes are left. */
  readonly replicasPossible: number;
  /** Most voters of one shard in one zone; more than 1 is a lack of zones. */
  readonly zoneReplicasMax: number;
  readonly #rooms: ReadonlyMap<NodeId, NodeRoom>;

  constructor(view: ClusterView) {
    this.costs = new ShardCosts(view.shards);
    this.eligible = eligibleNodes(view);
    this.replicasWanted = replicasWanted(view);
    this.replicasPossible = Math.min(this.replicasWanted, this.eligible.length);
    this.zoneReplicasMax = replicasPerZone(this.eligible, this.replicasPossible);
    this.#rooms = this.#divide(view);
  }

  /** Whether the node is one of those among which the shards are divided. */
  counts(node: NodeId): boolean {
    return this.#rooms.has(node);
  }

  /** Nothing for a node that should not hold anything. */
  room(node: NodeId): NodeRoom {
    return this.#rooms.get(node) ?? noRoom;
  }

  #divide(view: ClusterView): Map<NodeId, NodeRoom> {
    const costs = view.shards.map((shard) => this.costs.of(shard));
    const total = sum(costs);
    const shares = fairShares(this.eligible, {
      shards: total,
      replicasPerShard: this.replicasPossible,
      zoneReplicasMax: this.zoneReplicasMax,
    });
    const forReading = sum(
      view.shards.map((shard, index) => learnersOf(shard).length * (costs[index] ?? 0)),
    );
    const withReaders = 1 + forReading / Math.max(1, total * this.replicasPossible);
    const leading = sum(view.shards.map((shard) => this.costs.leading(shard)));
    const weights = sum(this.eligible.map((node) => node.weight));
    return new Map(
      this.eligible.map((node, index) => {
        const share = Math.min(total, (shares[index] ?? 0) * withReaders);
        const bound = costBound(share, total);
        return [node.id, { share, bound, leaderShare: (leading * node.weight) / weights }];
      }),
    );
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
