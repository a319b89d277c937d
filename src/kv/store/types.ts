/**
 * The state of all shards of one node, as the layers above see it, and the commands that change
 * it. Commands travel in Raft entries; their encoding is `command.ts`.
 */
import type { GroupId, Index } from '../../raft/core/types.js';
import type { SnapshotFiles } from '../../raft/snapshots/types.js';
import type { StateMachine } from '../../raft/state-machine.js';

/** Counter of a shard; a key's ETag is the revision that last wrote it. */
export type Revision = number;

export interface ShardEpoch {
  readonly range: number;
  readonly members: number;
}

/** A contiguous part of the 32-bit hash space: `start <= hash < end`; `end` is at most 2^32. */
export interface HashRange {
  readonly start: number;
  readonly end: number;
}

export interface ShardBirth {
  readonly group: GroupId;
  readonly range: HashRange;
  readonly epoch: ShardEpoch;
  readonly revision: Revision;
  /** The log index and term that the state begins after; 0 and 0 at bootstrap. */
  readonly applied: Index;
}

/** A shard to be created, with the documents that the meta group begins with. */
export interface NewShard extends ShardBirth {
  readonly documents?: readonly Pick<StoredDocument, 'name' | 'value'>[];
}

/** A shard's own replicated state, as of its applied index. */
export interface ShardState extends ShardBirth {
  /** Greatest leader clock seen in the log, Unix milliseconds; expiry is decided against it. */
  readonly timeMs: number;
}

export interface Condition {
  /** `'*'`: the key must exist. A revision: it must exist with exactly that revision. */
  readonly ifMatch?: '*' | Revision;
  /** `'*'`: the key must not exist. A revision: it must not have exactly that revision. */
  readonly ifNoneMatch?: '*' | Revision;
}

interface CommandHeader {
  /** Range epoch the sender routed by; another one at apply makes the entry a no-op. */
  readonly rangeEpoch: number;
  /** The proposing leader's clock, Unix milliseconds. */
  readonly timeMs: number;
}

interface KeyCommand extends CommandHeader {
  readonly key: Buffer;
  readonly condition: Condition;
}

export interface PutCommand extends KeyCommand {
  readonly type: 'put';
  readonly value: Buffer;
  /** Kept as sent; empty when the request had none. */
  readonly contentType: string;
  /** Shard time at which the key is gone, Unix milliseconds; 0: never. */
  readonly expiresMs: number;
}

export interface DeleteCommand extends KeyCommand {
  readonly type: 'delete';
}

export type WriteCommand = PutCommand | DeleteCommand;

/**
 * Hashes the next slice of the shard's rows, on every replica at the same applied index, so that
 * replicas can be compared. Changes nothing that clients see.
 */
export interface VerifyCommand extends CommandHeader {
  readonly type: 'verify';
}

/** A multi-document compare-and-set of the meta group: all or nothing. */
export interface DocumentsCommand extends CommandHeader {
  readonly type: 'documents';
  /** The revision that a document must have; 0: it must not exist. */
  readonly conditions: readonly (readonly [name: string, revision: Revision])[];
  /** JSON values. */
  readonly puts: readonly (readonly [name: string, value: unknown])[];
  readonly removals: readonly string[];
}

export interface StoredDocument {
  readonly name: string;
  readonly revision: Revision;
  /** Of JSON; what it must look like is not the store's business. */
  readonly value: unknown;
}

export type Command = WriteCommand | VerifyCommand | DocumentsCommand;

/** What applying a put or a delete decided. `shardRevision` is the shard's revision after it. */
export type WriteResult =
  | { readonly outcome: 'created' | 'replaced' | 'deleted'; readonly shardRevision: Revision }
  | { readonly outcome: 'absent'; readonly shardRevision: Revision }
  | {
      readonly outcome: 'precondition-failed';
      readonly shardRevision: Revision;
      /** The key's revision, undefined when it does not exist. */
      readonly current: Revision | undefined;
    }
  | { readonly outcome: 'tag-full'; readonly shardRevision: Revision }
  | { readonly outcome: 'wrong-epoch'; readonly shardRevision: Revision };

/** What applying a `verify` found here; a wrong epoch changes and hashes nothing. */
export type VerifyResult =
  | {
      readonly outcome: 'verified';
      readonly shardRevision: Revision;
      /** Of the entry: what other replicas are asked for (`Store.sliceHash`). */
      readonly index: Index;
      readonly hash: bigint;
      readonly rows: number;
      /** The slice was the shard's last: the next one begins a new pass. */
      readonly passEnds: boolean;
    }
  | { readonly outcome: 'wrong-epoch'; readonly shardRevision: Revision };

export type DocumentsResult =
  | {
      readonly outcome: 'changed';
      readonly shardRevision: Revision;
      /** What was put or removed. */
      readonly names: readonly string[];
    }
  /** `name` has another revision than the proposer saw. */
  | { readonly outcome: 'conflict'; readonly shardRevision: Revision; readonly name: string }
  | { readonly outcome: 'wrong-epoch'; readonly shardRevision: Revision };

export type CommandResult = WriteResult | VerifyResult | DocumentsResult;

export interface StoredValue {
  readonly value: Buffer;
  readonly contentType: string;
  readonly revision: Revision;
}

export interface StoreStatistics {
  readonly walBytes: number;
  readonly databaseBytes: number;
  readonly checkpoints: number;
  readonly holds: number;
  readonly holdMsTotal: number;
  readonly holdMsMax: number;
  readonly transactions: number;
  readonly appliedEntries: number;
}

/** The documents of the meta group. */
export interface Documents {
  /** None while the group's state is not whole here. */
  all(): readonly StoredDocument[];
  /** Undefined when there is none of this name, or no whole state. */
  get(name: string): StoredDocument | undefined;
  /**
   * Called after a COMMIT that changed documents, with their names; undefined: all of them, a
   * snapshot was installed.
   */
  onChange: (names: readonly string[] | undefined) => void;
}

/**
 * `apply` of a Store answers each command entry with a CommandResult.
 *
 * A group has a *whole* state here, or it has none that may be used: it is uninitialised (never
 * born here, or dropped), or `installing`. Only a whole state is applied to, read and served.
 */
export interface Store extends StateMachine {
  /** Opens and checks the database, starts the checkpoint worker. Names the file in its errors. */
  open(): Promise<void>;
  /** Creates what is missing, in one durable transaction; an existing shard is left alone. */
  createShards(births: readonly NewShard[]): void;
  /** 0 when there is no state here; while `installing`, where the state before was. */
  applied(group: GroupId): Index;
  /**
   * True from the first step of an install, or from `snapshots.invalidate`, until a snapshot has
   * been installed; also after a restart. Nothing of the state may be used meanwhile.
   */
  installing(group: GroupId): boolean;
  /** Undefined unless the state is whole. */
  shard(group: GroupId): ShardState | undefined;
  /** Those that are whole, by group. */
  shards(): readonly ShardState[];
  /**
   * Expired keys (`expires <= shard time`) are absent. `hash` is the key's shard hash. To ask
   * while the state is not whole is a programmer error: "absent" would be a wrong answer.
   */
  get(group: GroupId, hash: number, key: Buffer): StoredValue | undefined;
  /** Number of rows in the shard's range; for status pages, may scan. Of a whole state only. */
  count(group: GroupId): number;
  /**
   * What the `verify` entry at `index` hashed to here; undefined when it was not applied in this
   * life of the process, or too long ago.
   */
  sliceHash(group: GroupId, index: Index): bigint | undefined;
  readonly documents: Documents;
  readonly snapshots: SnapshotFiles;
  readonly statistics: StoreStatistics;
  /** Final checkpoint in the worker, then closes. Idempotent. */
  close(): Promise<void>;
}
