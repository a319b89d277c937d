/**
 * Which node to ask for a shard. A replica here knows its members and hears its leader. Without one
 * there are hints, taken from answers and refusals, then the members that the map names, and then,
 * for all of these may have moved since, every other node of the cluster in turn.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { KvError } from '../errors.js';
import type { LocalReplicas } from './local-replicas.js';
import type { Shard } from './shard-map.js';

export interface WhereaboutsOptions {
  readonly node: NodeId;
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeId[];
  readonly local: Pick<LocalReplicas, 'holds' | 'leaderOf' | 'membersOf'>;
}

export interface Wish {
  readonly write: boolean;
  /** A node that need not lead, for reads. */
  readonly prefer: NodeId | undefined;
}

export class Whereabouts {
  readonly #options: WhereaboutsOptions;
  /** Leaders of shards this node holds no replica of, as last heard in answers. */
  readonly #hints = new Map<GroupId, NodeId>();
  /** Nodes that answered for the shard last: they hold a replica, whoever leads. */
  readonly #holders = new Map<GroupId, NodeId>();

  constructor(options: WhereaboutsOptions) {
    this.#options = options;
  }

  leaderOf(shard: GroupId): NodeId | undefined {
    const { local } = this.#options;
    return local.holds(shard) ? local.leaderOf(shard) : this.#hints.get(shard);
  }

  /** The leader was heard of. */
  note(shard: GroupId, leader: NodeId): void {
    if (leader !== this.#options.node) this.#hints.set(shard, leader);
  }

  /** The node has served a request of the shard. */
  served(shard: GroupId, by: NodeId): void {
    this.#holders.set(shard, by);
  }

  /**
   * Whom to ask after so many refusals. A write is offered to nobody but a leader that this node's
   * own replica hears: what is sent into a partition can only be answered with `outcome_unknown`.
   */
  target(shard: Shard, refusals: number, { prefer, write }: Wish): NodeId | undefined {
    if (prefer !== undefined && refusals % 2 === 0) return prefer;
    const leader = this.leaderOf(shard.group);
    if (write && this.#options.local.holds(shard.group)) return leader;
    if (leader !== undefined && refusals % 3 !== 2) return leader;
    const others = this.#others(shard);
    const turn = leader === undefined ? refusals : Math.floor(refusals / 3);
    return others[turn % others.length];
  }

  #others(shard: Shard): readonly NodeId[] {
    const { node, nodes, local } = this.#options;
    const known = local.membersOf(shard.group) ?? [];
    const placed = shard.members.map((member) => member.node);
    const holder = this.#holders.get(shard.group) ?? node;
    const others = new Set([holder, ...known, ...placed, ...nodes]);
    others.delete(node);
    return [...others];
  }

  /** True when the refusal named somebody else whom to ask. */
  learn(shard: GroupId, refusedBy: NodeId, refusal: KvError): boolean {
    const { leader } = refusal.facts;
    if (this.#holders.get(shard) === refusedBy) this.#holders.delete(shard);
    // A replica here knows better than a hint.
    if (this.#options.local.holds(shard)) return false;
    if (leader !== undefined && leader !== refusedBy && leader !== this.#options.node) {
      this.#hints.set(shard, leader);
      return true;
    }
    if (this.#hints.get(shard) === refusedBy) this.#hints.delete(shard);
    return false;
  }
}
