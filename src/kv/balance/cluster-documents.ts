/**
 * The cluster as the meta group keeps it, at one moment: typed documents that nobody changes in
 * place, and the one way to change them. Every decision about plans and jobs is a function of
 * these; a decision made from documents that have changed meanwhile is made again.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { AuditDocument } from './audit-document.js';
import type {
  AutoMergeSettings,
  AutoSplitSettings,
  Pin,
  ViewNode,
  ViewShard,
} from './cluster-view.js';
import type { JobDocument } from './job-document.js';
import type { Idempotency, PlanDocument } from './plan-document.js';

export interface NodeDocument extends ViewNode {
  readonly peerAddress: string;
  readonly httpAddress: string;
  readonly version: string;
  readonly storeId?: string | undefined;
}

export interface MapDocument {
  /** Steps with every change of any shard's document. */
  readonly epoch: number;
  /** The number of the next group that is born. */
  readonly nextGroup: GroupId;
  /** The number of the next node that joins; missing: one more than the greatest there is. */
  readonly nextNode?: NodeId | undefined;
}

export type ShardDocument = ViewShard;

/** What the cluster may do by itself, when, and how much of it at a time. */
export interface BalancerSettings {
  readonly enabled: boolean;
  readonly pausedUntilMs?: number | undefined;
  /** None: always. */
  readonly windows: readonly BalancerWindow[];
  readonly maxConcurrent: number;
  readonly maxPerNode: number;
  readonly maxBytesPerSecond: number;
  readonly autoSplit: AutoSplitSettings;
  readonly autoMerge: AutoMergeSettings;
}

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** In UTC, as `HH:MM`; a window that ends before it begins goes on into the next day. */
export interface BalancerWindow {
  /** On which it begins; missing: on all. */
  readonly days?: readonly (typeof weekdays)[number][] | undefined;
  readonly from: string;
  readonly to: string;
}

export interface SettingsDocument {
  readonly replicas: 1 | 3 | 5;
  readonly deadAfterMs: number;
  readonly balancer: BalancerSettings;
}

export interface PinDocument extends Pin {
  readonly actor: string;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly idempotency?: Idempotency | undefined;
}

export interface ClusterDocuments {
  readonly nodes: ReadonlyMap<NodeId, NodeDocument>;
  readonly map: MapDocument;
  readonly shards: ReadonlyMap<GroupId, ShardDocument>;
  readonly settings: SettingsDocument;
  readonly pins: ReadonlyMap<string, PinDocument>;
  readonly plans: ReadonlyMap<string, PlanDocument>;
  readonly jobs: ReadonlyMap<string, JobDocument>;
  readonly audit: ReadonlyMap<number, AuditDocument>;
}

/** By name, like `jobs/7`: what a document becomes; undefined removes it. */
export type Changes = ReadonlyMap<string, object | undefined>;

export interface Decision<T> {
  readonly changes: Changes;
  /** Names of documents that the decision rests on, beside those that it changes. */
  readonly basis?: readonly string[];
  readonly answer: T;
}

export interface DocumentStore {
  /** As known on this node; another one may know more already. Throws KvError: nothing is known. */
  documents(): ClusterDocuments;
  /**
   * Decides from the documents as they are here and writes what was decided, all or nothing. When
   * a document that it changes or rests on has changed meanwhile, the decision is made again; also
   * when nobody answered and it may have been written already. Rejects with KvError; what `decide`
   * throws rejects unchanged.
   */
  transact<T>(decide: (documents: ClusterDocuments) => Decision<T>, timeoutMs?: number): Promise<T>;
  /** Called after documents have changed here. Returns how to end that. */
  onChange(run: () => void): () => void;
}
