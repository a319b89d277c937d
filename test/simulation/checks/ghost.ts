/**
 * What is true of the simulated cluster, as nobody in it can know: what is durable where, which
 * entries are committed, who voted for whom and led when. It outlives crashes and lost disks.
 */
import type { CommandResult } from '../../../src/kv/store/types.js';
import type {
  Configuration,
  ConfigurationAt,
  EntryKind,
  GroupId,
  Index,
  NodeId,
  ReplicaId,
  Term,
} from '../../../src/raft/core/types.js';
import type { WorldView } from '../observer.js';
import type { GhostLog } from './ghost-log.js';

/** What (index, term) stands for, wherever it was first seen. */
export interface GhostEntry {
  readonly kind: EntryKind;
  readonly checksum: number;
  /** Of the entry before it: equal names and equal predecessors make equal prefixes. */
  readonly previousTerm: Term;
  readonly configuration: Configuration | undefined;
}

export interface Committed {
  readonly term: Term;
  readonly checksum: number;
  /** Term of the leader that committed it first. */
  readonly committedIn: Term;
  /** What the first replica that applied it answered. */
  applied: boolean;
  result: CommandResult | undefined;
  /** The shard's revision after it, once somebody has applied it. */
  revision: number | undefined;
}

export class GhostGroup {
  readonly id: GroupId;
  readonly leaders = new Map<Term, ReplicaId>();
  readonly #entries = new Map<number, GhostEntry>();
  /** By index; the first one stands for the empty log. */
  readonly #committed: Committed[] = [
    { term: 0, checksum: 0, committedIn: 0, applied: true, result: undefined, revision: 0 },
  ];
  readonly #configurations: ConfigurationAt[] = [];
  readonly #votes = new Map<number, { candidate: ReplicaId; durable: boolean }>();

  constructor(id: GroupId) {
    this.id = id;
  }

  entry(index: Index, term: Term): GhostEntry | undefined {
    return this.#entries.get(nameOf(index, term));
  }

  seen(index: Index, term: Term, entry: GhostEntry): void {
    this.#entries.set(nameOf(index, term), entry);
  }

  get commitIndex(): Index {
    return this.#committed.length - 1;
  }

  committed(index: Index): Committed | undefined {
    return this.#committed[index];
  }

  commit(index: Index, term: Term, committedIn: Term): void {
    const entry = this.entry(index, term);
    this.#committed.push({
      term,
      checksum: entry?.checksum ?? 0,
      committedIn,
      applied: false,
      result: undefined,
      revision: undefined,
    });
    const configuration = entry?.configuration;
    if (configuration !== undefined) this.#configurations.push({ index, configuration });
  }

  /** How the group began. */
  born(configuration: Configuration): void {
    if (this.#configurations.length === 0) this.#configurations.push({ index: 0, configuration });
  }

  /** The newest committed configuration at or below `index`; that is how configurations act. */
  configurationAt(index: Index): Configuration | undefined {
    return this.#configurations.findLast((known) => known.index <= index)?.configuration;
  }

  get newestConfiguration(): Configuration | undefined {
    return this.#configurations.at(-1)?.configuration;
  }

  vote(voter: ReplicaId, term: Term): { candidate: ReplicaId; durable: boolean } | undefined {
    return this.#votes.get(nameOf(voter, term));
  }

  voted(voter: ReplicaId, term: Term, vote: { candidate: ReplicaId; durable: boolean }): void {
    this.#votes.set(nameOf(voter, term), vote);
  }
}

/** What one node's log has been given, whichever of its processes did it. */
export class GhostNode {
  /** As the disk must have it. */
  durable = new Map<GroupId, GhostLog>();
  /** With the batch that is under way. */
  written = new Map<GroupId, GhostLog>();
  tombstones = new Map<GroupId, ReplicaId>();
  writtenTombstones = new Map<GroupId, ReplicaId>();
}

export class Ghost {
  readonly world: WorldView;
  readonly #groups = new Map<GroupId, GhostGroup>();
  readonly #nodes = new Map<NodeId, GhostNode>();
  readonly #lost = new Map<NodeId, GhostNode>();

  constructor(world: WorldView) {
    this.world = world;
  }

  group(id: GroupId): GhostGroup {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = new GhostGroup(id);
    this.#groups.set(id, group);
    return group;
  }

  groups(): Iterable<GhostGroup> {
    return this.#groups.values();
  }

  node(id: NodeId): GhostNode {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const node = new GhostNode();
    this.#nodes.set(id, node);
    return node;
  }

  lose(id: NodeId): void {
    this.#lost.set(id, this.node(id));
    this.#nodes.delete(id);
  }

  /** What was on its disk before that was lost: the node may have answered for it by then. */
  lost(id: NodeId): GhostNode | undefined {
    return this.#lost.get(id);
  }

  violated(invariant: string, what: string): void {
    this.world.violated(invariant, what);
  }
}

/** Two safe integers in one: terms stay below 2^21. */
function nameOf(index: number, term: Term): number {
  return term * 2 ** 32 + index;
}
