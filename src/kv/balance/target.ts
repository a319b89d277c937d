/**
 * Where every shard belongs: a pure function of nodes, weights, zones, pins, measured costs and
 * the list of shards, and not of where the shards are. So two nodes agree on it, a plan can be
 * explained by it, and a cluster that is moved towards it comes to rest.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { type PlacementWish, place } from '../shard/placement.js';
import type { ClusterView, Pin, ViewShard } from './cluster-view.js';
import { LoadModel } from './load-model.js';

export class Target {
  readonly model: LoadModel;
  readonly #voters: ReadonlyMap<GroupId, readonly NodeId[]>;
  readonly #loads: ReadonlyMap<NodeId, number>;

  constructor(view: ClusterView, model = new LoadModel(view)) {
    this.model = model;
    this.#voters = placeVoters(view, model);
    const loads = new Map<NodeId, number>();
    for (const shard of view.shards) {
      const cost = model.costs.of(shard);
      for (const node of this.voters(shard.group)) loads.set(node, (loads.get(node) ?? 0) + cost);
    }
    this.#loads = loads;
  }

  /** The nodes that should hold a voter: pinned ones, then in the order met on the ring. */
  voters(group: GroupId): readonly NodeId[] {
    return this.#voters.get(group) ?? [];
  }

  /** What the node would carry if everything were in its place, readers aside. */
  load(node: NodeId): number {
    return this.#loads.get(node) ?? 0;
  }

  /** The most that a node may carry on the way: its bound, or its target where that is higher. */
  upper(node: NodeId): number {
    return Math.max(this.model.room(node).bound, this.load(node));
  }
}

function placeVoters(view: ClusterView, model: LoadModel): Map<GroupId, readonly NodeId[]> {
  const { eligible, costs, replicasPossible } = model;
  if (eligible.length === 0 || view.shards.length === 0) return new Map();
  const inOrder = [...view.shards].sort((a, b) => a.group - b.group);
  const rounded = inOrder.map((shard) => costs.rounded(shard));
  const even = rounded.every((cost) => cost === rounded[0]);
  const { assignments } = place({
    nodes: eligible,
    ringPositions: inOrder.map((shard) => shard.ringPosition),
    replicasPerShard: replicasPossible,
    costs: even ? undefined : rounded,
    wishes: wishesOf(view.pins, inOrder),
  });
  return new Map(inOrder.map((shard, index) => [shard.group, assignments[index] ?? []]));
}

/** What pins ask of placement; a node that is excluded and required at once is excluded. */
function wishesOf(
  pins: readonly Pin[],
  shards: readonly ViewShard[],
): Map<number, PlacementWish> | undefined {
  if (pins.length === 0) return undefined;
  const indexOf = new Map(shards.map((shard, index) => [shard.group, index]));
  const wishes = new Map<number, PlacementWish>();
  for (const shard of new Set(pins.map((pin) => pin.shard))) {
    const index = indexOf.get(shard);
    if (index === undefined) continue;
    const ofShard = pins.filter((pin) => pin.shard === shard);
    const excluded = nodesOf(ofShard.filter((pin) => pin.kind === 'no-replica'));
    const required = nodesOf(ofShard.filter((pin) => pin.kind !== 'no-replica'));
    wishes.set(index, {
      excluded,
      required: required.filter((node) => !excluded.includes(node)),
    });
  }
  return wishes;
}

function nodesOf(pins: readonly Pin[]): NodeId[] {
  return [...new Set(pins.map((pin) => pin.node))].sort((a, b) => a - b);
}
