/**
 * A replica that was removed while its node was away comes back and hears nothing: the members it
 * knows may all have moved, and those that are left speak to members only. Whoever has no leader
 * for long is such a replica or on the wrong side of a partition; it asks the other nodes in turn
 * who leads, and the leader whether it is a member still.
 *
 * The leader's word is the `gone` of the core, with the same care: only when the vote of who was
 * removed is needed no more. It only takes another way, from node to node.
 */
import type { Clock } from '../raft/clock.js';
import type { GroupId, NodeId, ReplicaId, Term } from '../raft/core/types.js';

export interface LostReplica {
  readonly shard: GroupId;
  readonly replica: ReplicaId;
}

/** A leader's word that a replica was removed for ever. */
export interface Removal {
  readonly leader: ReplicaId;
  readonly term: Term;
}

/** What a node answers: the leader's word, or who else may know. */
export interface LostAnswer {
  readonly removal?: Removal;
  readonly leader?: NodeId;
}

export interface LostReplicasOptions {
  /** The other nodes. */
  readonly nodes: readonly NodeId[];
  /** Replicas here that know of no leader now. */
  readonly leaderless: () => readonly LostReplica[];
  /** Rejects when there is no answer. */
  readonly ask: (node: NodeId, lost: LostReplica) => Promise<LostAnswer>;
  readonly removed: (node: NodeId, lost: LostReplica, removal: Removal) => void;
  readonly clock: Clock;
}

const periodMs = 1_000;
/** Elections end sooner. */
const patienceMs = 3_000;
/** A node that lost its links has many such replicas; they take turns. */
const askedPerPeriodMax = 8;

interface Search {
  readonly sinceMs: number;
  asked: number;
  /** Named by the last one that was asked. */
  leader: NodeId | undefined;
  waiting: boolean;
}

export class LostReplicas {
  readonly #options: LostReplicasOptions;
  /** By shard; in the order in which they are asked for. */
  readonly #searches = new Map<GroupId, Search>();
  #cancel: (() => void) | undefined;

  constructor(options: LostReplicasOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel ??= this.#options.clock.every(periodMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#searches.clear();
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const lost = new Map(this.#options.leaderless().map((replica) => [replica.shard, replica]));
    for (const shard of this.#searches.keys()) if (!lost.has(shard)) this.#searches.delete(shard);
    for (const shard of lost.keys()) {
      if (this.#searches.has(shard)) continue;
      this.#searches.set(shard, { sinceMs: nowMs, asked: 0, leader: undefined, waiting: false });
    }
    const due = [...this.#searches].filter(
      ([, { sinceMs, waiting }]) => !waiting && nowMs - sinceMs >= patienceMs,
    );
    for (const [shard, search] of due.slice(0, askedPerPeriodMax)) {
      // To the end of the queue: the others have their turn.
      this.#searches.delete(shard);
      this.#searches.set(shard, search);
      const replica = lost.get(shard);
      if (replica !== undefined) void this.#ask(replica, search);
    }
  }

  async #ask(lost: LostReplica, search: Search): Promise<void> {
    const { nodes, ask, removed } = this.#options;
    const node = search.leader ?? nodes[search.asked % nodes.length];
    if (node === undefined) return;
    if (search.leader === undefined) search.asked += 1;
    search.leader = undefined;
    search.waiting = true;
    const { removal, leader }: LostAnswer = await ask(node, lost).catch(() => ({}));
    search.waiting = false;
    if (leader !== node) search.leader = leader;
    // It may have found its leader, or be another replica, since it asked.
    if (removal !== undefined && this.#searches.get(lost.shard) === search) {
      removed(node, lost, removal);
    }
  }
}
