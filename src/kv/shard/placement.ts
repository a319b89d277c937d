/**
 * Which nodes hold which shard: a consistent-hash ring with bounded loads (Mirrokni, Thorup and
 * Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016), with zones and weights.
 *
 * Shards are placed in their order. Each takes the first nodes clockwise of its own place on the
 * ring that stand in different zones (as far as there are enough), are below their bound, and
 * leave enough room for the shards after it. The same input gives the same answer on every node.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { NodeId } from '../../raft/core/types.js';
import type { ClusterNode } from '../cluster-configuration.js';
import { PlacementRoom } from './placement-room.js';
import { fairShares, loadBound, zonesOf } from './placement-share.js';
import { Ring } from './ring.js';

export interface PlacementInput {
  /** Ascending by id. */
  readonly nodes: readonly ClusterNode[];
  /** The shards' places on the ring, in the order in which they are placed. */
  readonly ringPositions: readonly number[];
  /** At most the number of nodes. */
  readonly replicasPerShard: number;
}

export interface Placement {
  /** Per shard, its nodes in the order met on the ring. */
  readonly assignments: readonly (readonly NodeId[])[];
  /** Per node, in the order of the nodes: the most replicas it may hold. */
  readonly bounds: readonly number[];
  /** Most replicas of one shard in one zone; more than 1 is a lack of zones. */
  readonly zoneReplicasMax: number;
}

export function place(input: PlacementInput): Placement {
  const { nodes, ringPositions, replicasPerShard } = input;
  invariant(replicasPerShard <= nodes.length, 'a node holds at most one replica of a shard');
  const zoneReplicasMax = replicasPerZone(nodes, replicasPerShard);
  const demand = { shards: ringPositions.length, replicasPerShard, zoneReplicasMax };
  const bounds = fairShares(nodes, demand).map((share) => loadBound(share, demand.shards));
  const room = new PlacementRoom(
    nodes.map((node, index) => ({ zone: node.zone, bound: bounds[index] ?? 0 })),
    demand,
  );
  const ring = new Ring(nodes);
  const indexOf = new Map(nodes.map((node, index) => [node.id, index]));
  function* walk(position: number): Generator<number, void, undefined> {
    for (const id of ring.walk(position)) yield indexOf.get(id) ?? -1;
  }
  const assignments = ringPositions.map((position, order) => {
    const shardsAfter = demand.shards - order - 1;
    const choice = choose({ clockwise: () => walk(position), room, replicasPerShard, shardsAfter });
    room.take(choice);
    return choice.map((index) => nodes[index]?.id ?? 0);
  });
  return { assignments, bounds, zoneReplicasMax };
}

interface Choice {
  readonly clockwise: () => Iterable<number>;
  readonly room: PlacementRoom;
  readonly replicasPerShard: number;
  readonly shardsAfter: number;
}

/** The first nodes clockwise; looks ahead at every step only if not looking leads astray. */
function choose(options: Choice): number[] {
  const { clockwise, room, replicasPerShard, shardsAfter } = options;
  const pick = (suits: (choice: readonly number[], node: number) => boolean) => {
    const choice: number[] = [];
    for (const node of clockwise()) {
      if (choice.length === replicasPerShard) break;
      if (suits(choice, node)) choice.push(node);
    }
    return choice;
  };
  const plain = pick((choice, node) => room.fits(choice, node));
  if (plain.length === replicasPerShard && room.leavesEnough(plain, shardsAfter)) return plain;
  const careful = pick(
    (choice, node) => room.fits(choice, node) && room.leavesEnough([...choice, node], shardsAfter),
  );
  invariant(careful.length === replicasPerShard, 'the bounds leave room for every shard');
  return careful;
}

/** 1 with enough zones; else the least that lets all replicas of a shard find a node. */
function replicasPerZone(nodes: readonly ClusterNode[], replicasPerShard: number): number {
  const sizes = zonesOf(nodes).map(([, members]) => members.length);
  for (let limit = 1; ; limit += 1) {
    const places = sizes.reduce((total, size) => total + Math.min(limit, size), 0);
    if (places >= replicasPerShard) return limit;
  }
}
