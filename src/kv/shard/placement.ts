/**
 * Which nodes hold which shard: a consistent-hash ring with bounded loads (Mirrokni, Thorup and
 * Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016), with zones and weights.
 *
 * Shards are placed in their order. Each takes the first nodes clockwise of its own place on the
 * ring that stand in different zones (as far as there are enough), are below their bound, and
 * leave enough room for the shards after it. The same input gives the same answer on every node.
 *
 * Shards may weigh differently, and some nodes may be required or excluded for some shards. Then
 * the bound on the count is wide and a second bound, on the weight, does the evening out; what
 * fits nowhere below that goes where there is least. Required nodes are taken before all others.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { NodeId } from '../../raft/core/types.js';
import type { ClusterNode } from '../cluster-configuration.js';
import { PlacementLoad } from './placement-load.js';
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
  /** Per shard, what it weighs against the mean; without it all weigh the same. */
  readonly costs?: readonly number[] | undefined;
  /** For some shards, by their index. */
  readonly wishes?: ReadonlyMap<number, PlacementWish> | undefined;
}

/** No node is in both. Excluding may leave a shard fewer nodes than it should have. */
export interface PlacementWish {
  readonly required: readonly NodeId[];
  readonly excluded: readonly NodeId[];
}

export interface Placement {
  /** Per shard, its nodes: those required, then the others in the order met on the ring. */
  readonly assignments: readonly (readonly NodeId[])[];
  /** Per node, in the order of the nodes: the most replicas it may hold. */
  readonly bounds: readonly number[];
  /** Most replicas of one shard in one zone; more than 1 is a lack of zones. */
  readonly zoneReplicasMax: number;
}

/** With uneven shards the weight is bounded; the count only so far that no shard gets stuck. */
const countWithCostsFactor = 1.5;

export function place(input: PlacementInput): Placement {
  const { nodes, ringPositions, replicasPerShard, costs } = input;
  invariant(replicasPerShard <= nodes.length, 'a node holds at most one replica of a shard');
  const zoneReplicasMax = replicasPerZone(nodes, replicasPerShard);
  const demand = { shards: ringPositions.length, replicasPerShard, zoneReplicasMax };
  const factor = costs === undefined ? 1 : countWithCostsFactor;
  const wishes = wishesByIndex(input);
  const required = requiredPerNode(nodes.length, wishes);
  const bounds = fairShares(nodes, demand).map((share, index) =>
    Math.max(loadBound(share * factor, demand.shards), required[index] ?? 0),
  );
  const room = new PlacementRoom(
    nodes.map((node, index) => ({ zone: node.zone, bound: bounds[index] ?? 0 })),
    demand,
  );
  const load = costs === undefined ? undefined : new PlacementLoad(nodes, costs, demand);
  for (const [shard, wish] of wishes) {
    room.take(wish.required);
    load?.take(wish.required, shard);
  }
  const ring = new Ring(nodes);
  const indexOf = new Map(nodes.map((node, index) => [node.id, index]));
  function* walk(position: number): Generator<number, void, undefined> {
    for (const id of ring.walk(position)) yield indexOf.get(id) ?? -1;
  }
  const assignments = ringPositions.map((position, shard) => {
    const wish = wishes.get(shard) ?? noWish;
    const choice = choose({
      clockwise: () => walk(position),
      room,
      load,
      shard,
      replicasPerShard,
      shardsAfter: demand.shards - shard - 1,
      ...wish,
    });
    const taken = choice.slice(wish.required.length);
    room.take(taken);
    load?.take(taken, shard);
    return choice.map((index) => nodes[index]?.id ?? 0);
  });
  return { assignments, bounds, zoneReplicasMax };
}

/** The same by index of node. */
interface Wish {
  readonly required: readonly number[];
  readonly excluded: ReadonlySet<number>;
}

const noWish: Wish = { required: [], excluded: new Set() };

function wishesByIndex({ nodes, replicasPerShard, wishes }: PlacementInput): Map<number, Wish> {
  const indexOf = new Map(nodes.map((node, index) => [node.id, index]));
  const known = (ids: readonly NodeId[]) => ids.flatMap((id) => indexOf.get(id) ?? []);
  return new Map(
    [...(wishes ?? [])].map(([shard, { required, excluded }]) => [
      shard,
      { required: known(required).slice(0, replicasPerShard), excluded: new Set(known(excluded)) },
    ]),
  );
}

function requiredPerNode(nodeCount: number, wishes: ReadonlyMap<number, Wish>): number[] {
  const counts = new Array<number>(nodeCount).fill(0);
  for (const { required } of wishes.values()) {
    for (const node of required) counts[node] = (counts[node] ?? 0) + 1;
  }
  return counts;
}

interface Choice extends Wish {
  readonly clockwise: () => Iterable<number>;
  readonly room: PlacementRoom;
  readonly load: PlacementLoad | undefined;
  readonly shard: number;
  readonly replicasPerShard: number;
  readonly shardsAfter: number;
}

/**
 * The first nodes clockwise; looks ahead at every step only if not looking leads astray. Where
 * wishes have used up what the bounds allow, first these give way and then the zones.
 */
function choose(options: Choice): number[] {
  const { clockwise, room, load, shard, replicasPerShard, shardsAfter } = options;
  const pick = (
    order: Iterable<number>,
    suits: (choice: readonly number[], node: number) => boolean,
  ) => {
    const choice = [...options.required];
    for (const node of order) {
      if (choice.length === replicasPerShard) break;
      if (options.excluded.has(node) || choice.includes(node)) continue;
      if (suits(choice, node)) choice.push(node);
    }
    return choice;
  };
  const complete = (choice: readonly number[]) => choice.length === replicasPerShard;

  const plain = pick(
    clockwise(),
    (choice, node) => room.fits(choice, node) && (load?.fits(node, shard) ?? true),
  );
  if (complete(plain) && room.leavesEnough(plain, shardsAfter)) return plain;
  const order = () => load?.emptiestFirst() ?? clockwise();
  const careful = pick(
    order(),
    (choice, node) => room.fits(choice, node) && room.leavesEnough([...choice, node], shardsAfter),
  );
  if (complete(careful)) return careful;
  const overBound = pick(order(), (choice, node) => room.zoneFits(choice, node));
  if (complete(overBound)) return overBound;
  return pick(order(), () => true);
}

/** 1 with enough zones; else the least that lets all replicas of a shard find a node. */
export function replicasPerZone(nodes: readonly ClusterNode[], replicasPerShard: number): number {
  const sizes = zonesOf(nodes).map(([, members]) => members.length);
  for (let limit = 1; ; limit += 1) {
    const places = sizes.reduce((total, size) => total + Math.min(limit, size), 0);
    if (places >= replicasPerShard) return limit;
  }
}
