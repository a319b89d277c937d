/**
 * The state of all shards of one node, as the layers above see it, and the commands that change
 * it. Commands travel in Raft entries; their encoding is `command.ts`.
 */
import type { GroupId, Index } from '../../raft/core/types.js';
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
  readonly key: Buffer;
  readonly condition: Condition;
  /** Range epoch the sender routed by; another one at apply makes the entry a no-op. */
  readonly rangeEpoch: number;
  /** The proposing leader's clock, Unix milliseconds. */
  readonly timeMs: number;
}

export interface PutCommand extends CommandHeader {
  readonly type: 'put';
  readonly value: Buffer;
  /** Kept as sent; empty when the request had none. */
  readonly contentType: string;
  /** Shard time at which the key is gone, Unix milliseconds; 0: never. */
  readonly expiresMs: number;
}

export interface DeleteCommand extends CommandHeader {
  readonly type: 'delete';
}

export type Command = PutCommand | DeleteCommand;

/** What applying a command decided. `shardRevision` is the shard's revision after it. */
export type CommandResult =
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

/** `apply` of a Store answers each command entry with a CommandResult. */
export interface Store extends StateMachine {
  /** Opens and checks the database, starts the checkpoint worker. Names the file in its errors. */
  open(): Promise<void>;
  /** Creates what is missing, in one durable transaction; an existing shard is left alone. */
  createShards(births: readonly ShardBirth[]): void;
  shard(group: GroupId): ShardState | undefined;
  shards(): readonly ShardState[];
  /** Expired keys (`expires <= shard time`) are absent. `hash` is the key's shard hash. */
  get(group: GroupId, hash: number, key: Buffer): StoredValue | undefined;
  /** Number of rows in the shard's range; for status pages, may scan. */
  count(group: GroupId): number;
  readonly statistics: StoreStatistics;
  /** Final checkpoint in the worker, then closes. Idempotent. */
  close(): Promise<void>;
}
