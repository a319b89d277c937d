/**
 * How whoever checks a run sees the simulated world. The world calls the hooks; what it shows is
 * to be read and never changed. All times are virtual milliseconds since the run began.
 *
 * Hooks run in the middle of the node's own work (a frame is about to leave, a batch has just
 * become durable), so they must not throw: a broken invariant is reported with `world.violated`,
 * and the run ends after the event in which that happened.
 */
import type { KvNode } from '../../src/kv/node.js';
import type { ReadAnswer, WriteAnswer } from '../../src/kv/service.js';
import type { ShardMap } from '../../src/kv/shard/shard-map.js';
import type { Condition, ShardState } from '../../src/kv/store/types.js';
import type { Entry, GroupId, NodeId } from '../../src/raft/core/types.js';
import type { Group } from '../../src/raft/group.js';
import type { GroupMessage } from '../../src/raft/transport/types.js';
import type { Recovered, Wal, WalBatch } from '../../src/raft/wal/types.js';

export interface WorldView {
  readonly nowMs: number;
  readonly seed: number;
  /** The map that all nodes computed from the cluster's configuration. */
  readonly map: ShardMap;
  /** All nodes that ever were, ascending by id; a replaced node stays here as `lost`. */
  readonly nodes: readonly NodeView[];
  node(id: NodeId): NodeView;
  /** Ends the run after this event. `invariant` is a number of testing.md, as in `R5`. */
  violated(invariant: string, what: string): void;
}

/**
 * `starting` and `running`: a process lives. `failed`: it lives, but stopped serving because of its
 * disk. `down`: no process; comes back. `lost`: its data are gone or damaged; never comes back.
 */
export type NodeState = 'starting' | 'running' | 'failed' | 'down' | 'lost';

export interface NodeView {
  readonly id: NodeId;
  readonly state: NodeState;
  readonly paused: boolean;
  /** Shards whose rows a fault has changed here. */
  readonly spoiled: ReadonlySet<GroupId>;
  /** What its monotonic clock says, which may be slow, fast or have stood still. */
  readonly monotonicMs: number;
  /** The process that lives now. */
  readonly process: ProcessView | undefined;
}

/** One process of a node, from start to crash. Another one has another `incarnation`. */
export interface ProcessView {
  readonly node: NodeId;
  /** Rises with each process of the node, from 1. */
  readonly incarnation: number;
  readonly kv: KvNode;
  readonly wal: Wal;
  /** The groups with their cores (`group.raft.status`, `.leadership`, `.termAt`). */
  groups(): Iterable<Group>;
  group(id: GroupId): Group | undefined;
  /** Applied index, revision, epoch and range of the node's shards. */
  shards(): readonly ShardState[];
  /** All rows of the shard in the order of their ids, out of SQLite. Slow: not for every event. */
  rows(group: GroupId): readonly StateRow[];
  /** Over the shard's row and all its keys. Equal on replicas that applied the same entries. */
  stateHash(group: GroupId): string;
}

export interface StateRow {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly contentType: string;
  readonly revision: number;
  readonly expires: number;
}

/** What a client asked of a node. Values are never used twice. */
export interface Operation {
  /** From 1, in the order of invocation, over all clients. */
  readonly id: number;
  readonly client: number;
  readonly node: NodeId;
  readonly kind: 'put' | 'delete' | 'read' | 'stale-read';
  readonly key: string;
  /** Puts: unique in the run. */
  readonly value: string | undefined;
  readonly condition: Condition;
  readonly maxStalenessMs: number | undefined;
  readonly timeoutMs: number;
  readonly invokedMs: number;
}

export type Completion =
  | { readonly type: 'ok'; readonly write: WriteAnswer }
  | { readonly type: 'ok'; readonly read: ReadAnswer }
  /** Surely not applied, not even later. */
  | { readonly type: 'fail'; readonly code: string }
  /** Nobody knows: the answer said so, the node died, or it did not answer in time. */
  | { readonly type: 'info'; readonly code: string };

/** What ends a process. A crash keeps the page cache, a power cut what was synced and more. */
export type Death = 'crash' | 'power-cut';

/** Every hook is optional. `process` is always one that lives, or has died just now. */
export interface Observer {
  /** After every event, when nothing is left to do at once. `node`: whose event it was. */
  afterEvent?(node: NodeId | undefined): void;
  /** Raft messages on their way out, before the network loses or delays them. */
  sent?(process: ProcessView, to: NodeId, messages: readonly GroupMessage[]): void;
  /** A frame has come in and is about to be stepped. */
  received?(process: ProcessView, from: NodeId, messages: readonly GroupMessage[]): void;
  /** The host has handed a batch to the log: not durable. At most one is under way per process. */
  appendWritten?(process: ProcessView, batch: WalBatch): void;
  /** The same batch is on the disk; its held-back messages leave after this. */
  appendDurable?(process: ProcessView, batch: WalBatch): void;
  /** The disk of the log has refused a write or a sync, and told the process so. */
  diskFailed?(process: ProcessView, operation: 'write' | 'datasync'): void;
  /** What the log says at a start, before anything else of the process. */
  recovered?(process: ProcessView, recovered: Recovered): void;
  /** Entries were applied and committed to SQLite; their results go to the clients after this. */
  applied?(
    process: ProcessView,
    group: GroupId,
    entries: readonly Entry[],
    results: readonly unknown[],
  ): void;
  /** The process serves from now on. */
  started?(process: ProcessView): void;
  /** The node stopped serving by itself: its disk failed, or its data are not what they must be. */
  failed?(process: ProcessView, error: Error): void;
  /** The process is gone; `death` says what is left of its files. */
  died?(process: ProcessView, death: Death): void;
  /** The node's disk is wiped or damaged for good. */
  lost?(node: NodeId): void;
  invoked?(operation: Operation): void;
  /** Exactly once for every operation. */
  completed?(operation: Operation, completion: Completion): void;
  /** All faults are over, the cluster has converged and answered once more; all is at rest. */
  finished?(): void;
}
