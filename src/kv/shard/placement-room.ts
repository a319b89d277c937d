/**
 * What room the nodes have left while shards are placed one after another, and whether a choice
 * for one shard leaves enough of it for all that follow.
 *
 * Without the second question the last shards get stuck: four nodes, twelve shards of three, a
 * bound of 10; if the first ten shards take the same three nodes, the last two find one node with
 * room. The answer is exact and cheap. `m` shards can still be placed exactly when
 *
 *     sum over zones of min(zoneReplicasMax x m, sum over its nodes of min(m, room))  >=  R x m
 *
 * (a shard uses a node once and a zone `zoneReplicasMax` times; this is a flow whose constraints
 * are nested, so a fractional solution, here the even one, implies a whole one). Each term falls
 * ever faster the more nodes of a zone are taken, hence a partial choice is completed best by
 * taking whatever costs least, one node at a time.
 */
import { invariant } from '../../raft/core/invariant.js';

export interface RoomNode {
  readonly zone: string;
  /** Most replicas the node may hold. */
  readonly bound: number;
}

export interface RoomLimits {
  readonly replicasPerShard: number;
  readonly zoneReplicasMax: number;
}

export class PlacementRoom {
  readonly #room: number[];
  readonly #zoneOf: number[];
  readonly #zoneCount: number;
  readonly #limits: RoomLimits;

  constructor(nodes: readonly RoomNode[], limits: RoomLimits) {
    const zones = [...new Set(nodes.map((node) => node.zone))];
    this.#room = nodes.map((node) => node.bound);
    this.#zoneOf = nodes.map((node) => zones.indexOf(node.zone));
    this.#zoneCount = zones.length;
    this.#limits = limits;
  }

  /** Takes one replica's room from each chosen node, as far as there is any. */
  take(choice: readonly number[]): void {
    for (const node of choice) {
      const room = this.#room[node];
      invariant(room !== undefined, 'a chosen node is one of those given');
      this.#room[node] = Math.max(0, room - 1);
    }
  }

  /** Whether `node` may join the choice, looking at this shard only. */
  fits(choice: readonly number[], node: number): boolean {
    if ((this.#room[node] ?? 0) < 1 || choice.includes(node)) return false;
    return this.zoneFits(choice, node);
  }

  /** Whether the zone of `node` has another place for this shard. */
  zoneFits(choice: readonly number[], node: number): boolean {
    const zone = this.#zoneOf[node];
    const sameZone = choice.filter((chosen) => this.#zoneOf[chosen] === zone).length;
    return sameZone < this.#limits.zoneReplicasMax;
  }

  /** Whether a choice can be completed so that `shardsAfter` more shards can still be placed. */
  leavesEnough(choice: readonly number[], shardsAfter: number): boolean {
    const zoneRoom = this.#zoneRoomAfter(choice, shardsAfter);
    const completed = [...choice];
    while (completed.length < this.#limits.replicasPerShard) {
      const cheapest = this.#cheapest(completed, zoneRoom, shardsAfter);
      if (cheapest === undefined) return false;
      const zone = this.#zoneOf[cheapest] ?? 0;
      zoneRoom[zone] = (zoneRoom[zone] ?? 0) - this.#cost(cheapest, shardsAfter);
      completed.push(cheapest);
    }
    const zoneMax = this.#limits.zoneReplicasMax * shardsAfter;
    const usable = zoneRoom.reduce((total, room) => total + Math.min(zoneMax, room), 0);
    return usable >= this.#limits.replicasPerShard * shardsAfter;
  }

  #zoneRoomAfter(choice: readonly number[], shardsAfter: number): number[] {
    const zoneRoom = new Array<number>(this.#zoneCount).fill(0);
    for (const [node, room] of this.#room.entries()) {
      const zone = this.#zoneOf[node] ?? 0;
      zoneRoom[zone] = (zoneRoom[zone] ?? 0) + Math.min(shardsAfter, room);
    }
    for (const node of choice) {
      const zone = this.#zoneOf[node] ?? 0;
      zoneRoom[zone] = (zoneRoom[zone] ?? 0) - this.#cost(node, shardsAfter);
    }
    return zoneRoom;
  }

  /** What taking the node now costs its zone: nothing while it has more room than shards follow. */
  #cost(node: number, shardsAfter: number): number {
    return (this.#room[node] ?? 0) > shardsAfter ? 0 : 1;
  }

  #cheapest(
    choice: readonly number[],
    zoneRoom: readonly number[],
    shardsAfter: number,
  ): number | undefined {
    const zoneMax = this.#limits.zoneReplicasMax * shardsAfter;
    let dearer: number | undefined;
    for (let node = 0; node < this.#room.length; node += 1) {
      if (!this.fits(choice, node)) continue;
      const spare = (zoneRoom[this.#zoneOf[node] ?? 0] ?? 0) > zoneMax;
      if (spare || this.#cost(node, shardsAfter) === 0) return node;
      dearer ??= node;
    }
    return dearer;
  }
}
