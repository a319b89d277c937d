/** A store that holds whole shards in memory and can be told to answer oddly. */

import { decodeCommand } from '../../src/kv/store/command.js';
import type {
  Documents,
  HashRange,
  ShardBirth,
  ShardState,
  Store,
  StoredDocument,
  StoredValue,
  StoreStatistics,
  WriteResult,
} from '../../src/kv/store/types.js';
import type { Entry, GroupId } from '../../src/raft/core/types.js';
import { FakeStateMachine } from '../raft/fake-state-machine.js';

export class FakeDocuments implements Documents {
  onChange: (names: readonly string[] | undefined) => void = () => {};
  readonly stored = new Map<string, StoredDocument>();

  all(): readonly StoredDocument[] {
    return [...this.stored.values()];
  }

  get(name: string): StoredDocument | undefined {
    return this.stored.get(name);
  }
}

export class FakeStore extends FakeStateMachine implements Store {
  readonly values = new Map<string, StoredValue>();
  range: HashRange = { start: 0, end: 2 ** 32 };
  revision = 0;
  /** Overrides what the next commands answer. */
  answer: ((result: WriteResult) => WriteResult) | undefined;
  readError: Error | undefined;
  readonly births: ShardBirth[] = [];
  readonly statistics: StoreStatistics = {
    walBytes: 0,
    databaseBytes: 0,
    checkpoints: 0,
    holds: 0,
    holdMsTotal: 0,
    holdMsMax: 0,
    transactions: 0,
    appliedEntries: 0,
  };

  override resultOf(entry: Entry): WriteResult {
    const result = this.#run(entry);
    return this.answer?.(result) ?? result;
  }

  #run(entry: Entry): WriteResult {
    const command = decodeCommand(entry.data);
    if (command.type === 'verify' || command.type === 'documents') {
      throw new Error(`this store knows no ${command.type}`);
    }
    const key = command.key.toString('latin1');
    const known = this.values.get(key);
    if (command.condition.ifNoneMatch === '*' && known !== undefined) {
      const current = known.revision;
      return { outcome: 'precondition-failed', shardRevision: this.revision, current };
    }
    if (command.type === 'delete' && known === undefined) {
      return { outcome: 'absent', shardRevision: this.revision };
    }
    this.revision += 1;
    const { revision } = this;
    if (command.type === 'delete') {
      this.values.delete(key);
      return { outcome: 'deleted', shardRevision: revision };
    }
    const { value, contentType } = command;
    this.values.set(key, { value, contentType, revision });
    return { outcome: known === undefined ? 'created' : 'replaced', shardRevision: revision };
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  createShards(births: readonly ShardBirth[]): void {
    this.births.push(...births);
  }

  readonly documents = new FakeDocuments();

  sliceHash(): undefined {}

  shard(group: GroupId): ShardState | undefined {
    const { range, revision } = this;
    const epoch = { range: 1, members: 1 };
    return { group, range, revision, epoch, applied: this.applied(group), timeMs: 0 };
  }

  shards(): readonly ShardState[] {
    return [];
  }

  get(_group: GroupId, _hash: number, key: Buffer): StoredValue | undefined {
    if (this.readError !== undefined) throw this.readError;
    return this.values.get(key.toString('latin1'));
  }

  count(): number {
    return this.values.size;
  }
}
