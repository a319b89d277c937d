/**
 * The store as it is meant, in a page of plain code: maps in memory, no disk, no limits but the
 * semantic ones. Oracle of the property tests, and good enough for tests of the layers above.
 */

import { decodeCommand } from '../../../src/kv/store/command.js';
import { RowHash } from '../../../src/kv/store/row-hash.js';
import { SliceHashes } from '../../../src/kv/store/slice-hashes.js';
import type {
  Command,
  CommandResult,
  Condition,
  ShardBirth,
  ShardState,
  Store,
  StoredValue,
  StoreStatistics,
  VerifyCommand,
  VerifyResult,
  WriteCommand,
  WriteResult,
} from '../../../src/kv/store/types.js';
import { sliceBytesMax, sliceRowsMax } from '../../../src/kv/store/verify.js';
import { InvariantViolation, invariant } from '../../../src/raft/core/invariant.js';
import {
  type Entry,
  EntryKind,
  type GroupId,
  type Index,
  type Term,
} from '../../../src/raft/core/types.js';
import { SnapshotError } from '../../../src/raft/snapshots/snapshot-error.js';
import type { GroupEntries } from '../../../src/raft/state-machine.js';
import { FakeDocuments } from '../fake-store.js';
import { ModelSnapshots } from './model-snapshots.js';

interface Value extends StoredValue {
  readonly expiresMs: number;
}

interface Shard {
  state: ShardState;
  term: Term;
  /** Place of the value that the next verification begins with. */
  verifyFrom: string;
  installing: boolean;
  values: Map<string, Value>;
}

export class ModelStore implements Store {
  onProgress: () => void = () => {};
  onFailure: (error: Error) => void = () => {};
  readonly held = false;
  readonly #hash: (key: Buffer) => number;
  readonly #shards = new Map<GroupId, Shard>();
  readonly #hashes = new SliceHashes();
  #transactions = 0;
  #appliedEntries = 0;
  readonly snapshots = new ModelSnapshots({
    exported: (group) => this.#exported(group),
    imported: (text) => this.#imported(text),
    invalidate: (group) => {
      const shard = this.#shards.get(group);
      if (shard !== undefined) shard.installing = true;
      this.#hashes.forget(group);
    },
    drop: (group) => {
      this.#shards.delete(group);
    },
  });

  readonly documents = new FakeDocuments();

  constructor(hash: (key: Buffer) => number) {
    this.#hash = hash;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  createShards(births: readonly ShardBirth[]): void {
    for (const birth of births) {
      if (this.#shards.has(birth.group)) continue;
      this.#shards.set(birth.group, newShard({ ...birth, timeMs: 0 }));
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
    return this.#shards.get(group)?.state.applied ?? 0;
  }

  durable(group: GroupId): Index {
    return this.applied(group);
  }

  shard(group: GroupId): ShardState | undefined {
    const shard = this.#shards.get(group);
    return shard?.installing === false ? shard.state : undefined;
  }

  shards(): ShardState[] {
    const whole = [...this.#shards.values()].filter(({ installing }) => !installing);
    return whole.map(({ state }) => state).sort((a, b) => a.group - b.group);
  }

  installing(group: GroupId): boolean {
    return this.#shards.get(group)?.installing ?? false;
  }

  sliceHash(group: GroupId, index: Index): bigint | undefined {
    return this.#hashes.get(group, index);
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
    shard.term = entry.term;
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
    if (command.type === 'documents') throw new Error('no documents in the model');
    return command.type === 'verify' ? this.#verify(shard, command) : this.#write(shard, command);
  }

  #verify(shard: Shard, command: VerifyCommand): VerifyResult {
    const { revision: shardRevision, applied: index, epoch } = shard.state;
    if (command.rangeEpoch !== epoch.range) return { outcome: 'wrong-epoch', shardRevision };
    const hash = new RowHash();
    const places = [...shard.values.keys()].map((name) => this.#placeOf(name)).sort();
    let rows = 0;
    let bytes = 0;
    let next = '';
    for (const place of places.filter((place) => place >= shard.verifyFrom)) {
      const key = Buffer.from(place.slice(8), 'latin1');
      const value = shard.values.get(place.slice(8));
      if (value === undefined) continue;
      const { contentType, revision, expiresMs: expires } = value;
      const content_type = Buffer.from(contentType);
      bytes += key.length + content_type.length + value.value.length;
      next = rows === sliceRowsMax || (rows > 0 && bytes > sliceBytesMax) ? place : '';
      if (next !== '') break;
      hash.row({ id: 0, key, revision, expires, content_type, value: value.value });
      rows += 1;
    }
    shard.verifyFrom = next;
    const verified = {
      outcome: 'verified',
      shardRevision,
      index,
      rows,
      hash: hash.digest(),
      passEnds: next === '',
    } as const;
    this.#hashes.remember(shard.state.group, verified);
    return verified;
  }

  #placeOf(name: string): string {
    const hash = this.#hash(Buffer.from(name, 'latin1'));
    return hash.toString(16).padStart(8, '0') + name;
  }

  #write(shard: Shard, command: WriteCommand): WriteResult {
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

  #exported(group: GroupId) {
    const shard = this.#shards.get(group);
    if (shard === undefined || shard.installing) return undefined;
    const { state, term, verifyFrom } = shard;
    const id = { group, index: state.applied, term };
    const values = [...shard.values].map(([name, { value, ...more }]) => {
      return { name, ...more, value: value.toString('latin1') };
    });
    return { id, text: JSON.stringify({ id, state, term, verifyFrom, values }) };
  }

  #imported(text: string): void {
    const { state, term, verifyFrom, values } = JSON.parse(text);
    const { range } = state as ShardState;
    const overlaps = [...this.#shards.values()].some((other) => {
      const { group, range: theirs } = other.state;
      return group !== state.group && theirs.start < range.end && range.start < theirs.end;
    });
    if (overlaps) throw new SnapshotError('refused', 'hashes of another shard');
    const shard = { ...newShard(state), term, verifyFrom };
    for (const { name, value, ...more } of values) {
      shard.values.set(name, { ...more, value: Buffer.from(value, 'latin1') });
    }
    this.#shards.set(state.group, shard);
  }

  #shard(group: GroupId): Shard {
    const shard = this.#shards.get(group);
    if (shard === undefined) throw new InvariantViolation(`no shard of group ${group}`);
    invariant(!shard.installing, 'the state is whole');
    return shard;
  }
}

function newShard(state: ShardState): Shard {
  return { state, term: 0, verifyFrom: '', installing: false, values: new Map() };
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
