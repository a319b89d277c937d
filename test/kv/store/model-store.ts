/**
 * The store as it is meant, in a page of plain code: maps in memory, no disk, no limits but the
 * semantic ones. Oracle of the property tests, and good enough for tests of the layers above.
 */

import { decodeCommand } from '../../../src/kv/store/command.js';
import type {
  Command,
  CommandResult,
  Condition,
  ShardBirth,
  ShardState,
  Store,
  StoredValue,
  StoreStatistics,
} from '../../../src/kv/store/types.js';
import { InvariantViolation, invariant } from '../../../src/raft/core/invariant.js';
import { type Entry, EntryKind, type GroupId, type Index } from '../../../src/raft/core/types.js';
import type { GroupEntries } from '../../../src/raft/state-machine.js';

interface Value extends StoredValue {
  readonly expiresMs: number;
}

interface Shard {
  state: ShardState;
  readonly values: Map<string, Value>;
}

export class ModelStore implements Store {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly held = false;
  readonly #hash: (key: Buffer) => number;
  readonly #shards = new Map<GroupId, Shard>();
  #transactions = 0;
  #appliedEntries = 0;

  constructor(hash: (key: Buffer) => number) {
    this.#hash = hash;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  createShards(births: readonly ShardBirth[]): void {
    for (const birth of births) {
      if (this.#shards.has(birth.group)) continue;
      this.#shards.set(birth.group, { state: { ...birth, timeMs: 0 }, values: new Map() });
    }
  }

  apply(work: readonly GroupEntries[]): (CommandResult | undefined)[][] {
    this.#transactions += 1;
    return work.map(({ group, entries }) => {
      const shard = this.#shard(group);
      this.#appliedEntries += entries.length;
      return entries.map((entry) => this.#applyEntry(shard, entry));
    });
  }

  applied(group: GroupId): Index {
    return this.#shard(group).state.applied;
  }

  durable(group: GroupId): Index {
    return this.applied(group);
  }

  shard(group: GroupId): ShardState | undefined {
    return this.#shards.get(group)?.state;
  }

  shards(): ShardState[] {
    return [...this.#shards.values()].map(({ state }) => state).sort((a, b) => a.group - b.group);
  }

  get(group: GroupId, hash: number, key: Buffer): StoredValue | undefined {
    const shard = this.#shard(group);
    invariant(covers(shard.state, hash), 'the hash is in the range');
    const found = live(shard, key);
    if (found === undefined) return undefined;
    const { value, contentType, revision } = found;
    return { value: Buffer.from(value), contentType, revision };
  }

  count(group: GroupId): number {
    return this.#shard(group).values.size;
  }

  get statistics(): StoreStatistics {
    return {
      walBytes: 0,
      databaseBytes: 0,
      checkpoints: 0,
      holds: 0,
      holdMsTotal: 0,
      holdMsMax: 0,
      transactions: this.#transactions,
      appliedEntries: this.#appliedEntries,
    };
  }

  #applyEntry(shard: Shard, entry: Entry): CommandResult | undefined {
    invariant(entry.index === shard.state.applied + 1, 'entries are consecutive');
    shard.state = { ...shard.state, applied: entry.index };
    if (entry.kind === EntryKind.empty) return undefined;
    if (entry.kind === EntryKind.configuration) {
      const { range, members } = shard.state.epoch;
      shard.state = { ...shard.state, epoch: { range, members: members + 1 } };
      return undefined;
    }
    return this.#run(shard, decodeCommand(entry.data));
  }

  #run(shard: Shard, command: Command): CommandResult {
    shard.state = { ...shard.state, timeMs: Math.max(shard.state.timeMs, command.timeMs) };
    const shardRevision = shard.state.revision;
    const inRange = covers(shard.state, this.#hash(command.key));
    if (command.rangeEpoch !== shard.state.epoch.range || !inRange) {
      return { outcome: 'wrong-epoch', shardRevision };
    }
    const current = live(shard, command.key);
    if (!holds(command.condition, current?.revision)) {
      return { outcome: 'precondition-failed', shardRevision, current: current?.revision };
    }
    if (command.type === 'delete' && current === undefined) {
      return { outcome: 'absent', shardRevision };
    }
    const revision = shardRevision + 1;
    shard.state = { ...shard.state, revision };
    const name = command.key.toString('latin1');
    if (command.type === 'delete') {
      shard.values.delete(name);
      return { outcome: 'deleted', shardRevision: revision };
    }
    const { contentType, expiresMs } = command;
    shard.values.set(name, { value: Buffer.from(command.value), contentType, revision, expiresMs });
    return { outcome: current ? 'replaced' : 'created', shardRevision: revision };
  }

  #shard(group: GroupId): Shard {
    const shard = this.#shards.get(group);
    if (shard === undefined) throw new InvariantViolation(`no shard of group ${group}`);
    return shard;
  }
}

function covers({ range }: ShardState, hash: number): boolean {
  return hash >= range.start && hash < range.end;
}

function live(shard: Shard, key: Buffer): Value | undefined {
  const found = shard.values.get(key.toString('latin1'));
  const gone = found !== undefined && found.expiresMs !== 0;
  return gone && found.expiresMs <= shard.state.timeMs ? undefined : found;
}

function holds({ ifMatch, ifNoneMatch }: Condition, current: number | undefined): boolean {
  if (ifMatch === '*' && current === undefined) return false;
  if (typeof ifMatch === 'number' && current !== ifMatch) return false;
  if (ifNoneMatch === '*' && current !== undefined) return false;
  return !(typeof ifNoneMatch === 'number' && current === ifNoneMatch);
}
