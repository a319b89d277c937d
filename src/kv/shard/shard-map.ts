/**
 * The directory of all shards: their ranges, who holds them, who should lead them.
 *
 * Computed by every node from the cluster's fixed configuration (`initialShardMap`); nothing in it
 * depends on time, on addresses or on which node computes it. Group 0 is the meta group, so the
 * groups of shards begin at 1. Immutable: a change is another map with a greater version.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId, Member, NodeId } from '../../raft/core/types.js';
import {
  type ClusterConfiguration,
  replicasPerShard,
  shardsMax,
} from '../cluster-configuration.js';
import type { HashRange } from '../store/types.js';
import { hashBytes } from './hash.js';
import { place } from './placement.js';
import { preferredLeaders } from './placement-leaders.js';
import { coverDefect, equalRanges, hashSpaceSize } from './range.js';

export interface Shard {
  readonly group: GroupId;
  readonly range: HashRange;
  /** Ascending by node. */
  readonly members: readonly Member[];
  /** Given at birth and kept: a shard's nodes are those clockwise of here. */
  readonly ringPosition: number;
  readonly preferredLeader: NodeId;
}

const hash32 = z
  .int()
  .min(0)
  .max(hashSpaceSize - 1);
const identifier = z.int().min(1);

const shardSchema = z
  .strictObject({
    group: identifier,
    range: z.strictObject({ start: hash32, end: z.int().min(1).max(hashSpaceSize) }),
    members: z.array(z.strictObject({ node: identifier, replica: identifier })).min(1),
    ringPosition: hash32,
    preferredLeader: identifier,
  })
  .refine(({ members }) => new Set(members.map((member) => member.node)).size === members.length, {
    path: ['members'],
    error: 'a node holds two replicas of one shard',
  })
  .refine(
    ({ members }) => new Set(members.map((member) => member.replica)).size === members.length,
    { path: ['members'], error: 'a replica id occurs twice' },
  )
  .refine((shard) => shard.members.some((member) => member.node === shard.preferredLeader), {
    path: ['preferredLeader'],
    error: 'the preferred leader holds no replica',
  });

/** The JSON form: `{ version, shards }`, shards in the order of their ranges. */
export const shardMapSchema = z
  .strictObject({ version: identifier, shards: z.array(shardSchema).min(1).max(shardsMax) })
  .refine(({ shards }) => new Set(shards.map((shard) => shard.group)).size === shards.length, {
    path: ['shards'],
    error: 'a group serves two shards',
  })
  .superRefine(({ shards }, context) => {
    const defect = coverDefect(shards.map((shard) => shard.range));
    if (defect !== undefined) {
      context.addIssue({ code: 'custom', path: ['shards'], message: defect });
    }
  });

export type ShardMapJson = z.infer<typeof shardMapSchema>;

export class ShardMap {
  readonly version: number;
  /** In the order of their ranges. */
  readonly shards: readonly Shard[];
  /** SHA-256 in hexadecimal; equal on all nodes that computed the same map. */
  readonly digest: string;
  readonly #byGroup: ReadonlyMap<GroupId, Shard>;
  readonly #byNode: ReadonlyMap<NodeId, readonly Shard[]>;
  readonly #index: RangeIndex;

  /** `shards` must be what `shardMapSchema` accepts. */
  constructor(version: number, shards: readonly Shard[]) {
    this.version = version;
    this.shards = shards;
    this.#byGroup = new Map(shards.map((shard) => [shard.group, shard]));
    this.#byNode = holdings(shards);
    this.#index = new RangeIndex(shards.map((shard) => shard.range.start));
    this.digest = createHash('sha256').update(JSON.stringify(this.toJSON())).digest('hex');
  }

  /** Throws a ZodError that names what is wrong. */
  static fromJSON(json: unknown): ShardMap {
    const { version, shards } = shardMapSchema.parse(json);
    return new ShardMap(version, shards);
  }

  /** The shard whose range contains the hash. */
  shardOf(hash: number): Shard {
    const shard = this.shards[this.#index.find(hash)];
    invariant(shard !== undefined, 'every hash is in a shard');
    return shard;
  }

  shard(group: GroupId): Shard | undefined {
    return this.#byGroup.get(group);
  }

  /** The shards of which a node holds a replica, in the order of their ranges. */
  heldBy(node: NodeId): readonly Shard[] {
    return this.#byNode.get(node) ?? [];
  }

  /** Properties in a fixed order, for the digest is taken over this. */
  toJSON(): ShardMapJson {
    return {
      version: this.version,
      shards: this.shards.map((shard) => ({
        group: shard.group,
        range: { start: shard.range.start, end: shard.range.end },
        members: shard.members.map(({ node, replica }) => ({ node, replica })),
        ringPosition: shard.ringPosition,
        preferredLeader: shard.preferredLeader,
      })),
    };
  }
}

/** Where the map is looked up: it may be another one each time. */
export interface ShardDirectory {
  readonly map: ShardMap;
}

export interface InitialShardMap {
  readonly map: ShardMap;
  /** Where the cluster gives less than was asked for, in words for an operator. */
  readonly lacks: readonly string[];
}

/** The map of a new cluster: equal ranges, placed on the ring. */
export function initialShardMap(configuration: ClusterConfiguration): InitialShardMap {
  // Part of every node's computation: the order given must not matter.
  const nodes = [...configuration.nodes].sort((a, b) => a.id - b.id);
  const replicas = replicasPerShard(configuration);
  const groups = Array.from({ length: configuration.shards }, (_, index) => index + 1);
  const ringPositions = groups.map(birthPosition);
  const placement = place({ nodes, ringPositions, replicasPerShard: replicas });
  const leaders = preferredLeaders(nodes, placement.assignments);
  const ranges = equalRanges(configuration.shards);
  const shards = groups.map((group, index): Shard => {
    const range = ranges[index];
    const preferredLeader = leaders[index];
    const ringPosition = ringPositions[index];
    invariant(range !== undefined && preferredLeader !== undefined, 'one of each per shard');
    invariant(ringPosition !== undefined, 'one of each per shard');
    const members = [...(placement.assignments[index] ?? [])]
      .sort((a, b) => a - b)
      .map((node, order) => ({ node, replica: order + 1 }));
    return { group, range, members, ringPosition, preferredLeader };
  });
  return {
    map: new ShardMap(1, shards),
    lacks: lacksOf(configuration, replicas, placement.zoneReplicasMax),
  };
}

/** Where a shard stands on the ring: spread by its group's number, unlike any node's point. */
export function birthPosition(group: GroupId): number {
  return hashBytes(Buffer.from(`shard/${group}`));
}

function lacksOf(
  configuration: ClusterConfiguration,
  replicas: number,
  zoneReplicasMax: number,
): string[] {
  const lacks: string[] = [];
  const nodes = configuration.nodes.length;
  if (replicas < configuration.replicas) {
    lacks.push(
      `${configuration.replicas} replicas were asked for, but with ${nodes} node(s) ` +
        `a shard has ${replicas}`,
    );
  }
  if (replicas === 2) lacks.push('with 2 replicas the loss of either node stops all writes');
  if (zoneReplicasMax > 1) {
    const zones = new Set(configuration.nodes.map((node) => node.zone)).size;
    lacks.push(
      `${zones} zone(s) for ${replicas} replicas: one zone holds up to ${zoneReplicasMax} ` +
        'replicas of a shard',
    );
  }
  return lacks;
}

function holdings(shards: readonly Shard[]): Map<NodeId, Shard[]> {
  const held = new Map<NodeId, Shard[]>();
  for (const shard of shards) {
    for (const { node } of shard.members) {
      const list = held.get(node);
      if (list === undefined) held.set(node, [shard]);
      else list.push(shard);
    }
  }
  return held;
}

/**
 * Finds the range of a hash in constant time for even ranges and O(log n) for any: a table by the
 * hash's top bits narrows the search to the ranges that begin in the same slice.
 */
class RangeIndex {
  readonly #starts: Float64Array;
  readonly #slices: Uint32Array;
  readonly #shift: number;

  constructor(starts: readonly number[]) {
    this.#starts = Float64Array.from(starts);
    const bits = Math.min(20, Math.ceil(Math.log2(starts.length)) + 2);
    this.#shift = 32 - bits;
    // slices[i]: the last range that begins at or before the slice's first hash; one more entry
    // at the end bounds the last slice.
    this.#slices = new Uint32Array(2 ** bits + 1);
    let range = 0;
    for (let slice = 0; slice < 2 ** bits; slice += 1) {
      const firstHash = slice * 2 ** this.#shift;
      while ((this.#starts[range + 1] ?? hashSpaceSize) <= firstHash) range += 1;
      this.#slices[slice] = range;
    }
    this.#slices[2 ** bits] = starts.length - 1;
  }

  find(hash: number): number {
    const slice = hash >>> this.#shift;
    let low = this.#slices[slice] ?? 0;
    let high = this.#slices[slice + 1] ?? 0;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= hash) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
