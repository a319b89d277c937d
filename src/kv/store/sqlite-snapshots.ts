/**
 * The snapshot files of the SQLite store: who makes, keeps, checks and installs them, in which
 * order, and what happens to a file whose group is dropped or damaged meanwhile.
 */
import type { Clock } from '../../raft/clock.js';
import type { EntryId, GroupId } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFile, SnapshotFiles, SnapshotSink } from '../../raft/snapshots/types.js';
import type { FileSystem } from '../../raft/wal/file-system.js';
import { RowSteps, type StepWriter } from './row-steps.js';
import { Standing } from './schema.js';
import type { ShardDraft } from './shard-draft.js';
import type { ShardTable } from './shard-table.js';
import { type CheckedFile, SnapshotReader } from './snapshot-file.js';
import { fileError, type ReceivedFile, SnapshotFolder } from './snapshot-folder.js';
import { installSnapshot } from './snapshot-install.js';
import { SnapshotReceiver } from './snapshot-receiver.js';
import type { SnapshotWorker } from './snapshot-worker.js';
import { isDamage } from './store-error.js';
import type { HashRange } from './types.js';

/** A snapshot being made keeps SQLite's log from being restarted: 45 MB a second under load. */
export const makeMsMax = 60_000;

/** What a snapshot must leave free: the log and the state of the node's other shards come first. */
export const reserveBytes = 64 * 1024 * 1024;

export interface SnapshotParts {
  readonly stateFile: string;
  readonly stateFolder: string;
  readonly identity: { readonly cluster: string; readonly hashProbe: number };
  readonly hash: (key: Buffer) => number;
  readonly shards: ShardTable;
  readonly worker: SnapshotWorker;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly writer: SnapshotWriter;
  /** How much the disk of this folder has left. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

/** What installing and removing need of the store. */
export interface SnapshotWriter extends StepWriter {
  /** While a snapshot is made, SQLite's log cannot be restarted. */
  readerBegan(): void;
  readerEnded(): void;
  /** True when a row has a hash in the range, whoever it belongs to. */
  anyRows(range: HashRange): boolean;
  /** What was known of the group's state is not true of the next one. */
  forget(group: GroupId): void;
  /** Another state is visible now. */
  installed(group: GroupId): void;
  /** The state itself cannot be read: the node ends. */
  failed(cause: unknown): void;
}

export class SqliteSnapshots implements SnapshotFiles {
  readonly #parts: SnapshotParts;
  readonly #folder: SnapshotFolder;
  readonly #steps: RowSteps;
  readonly #receivers = new Set<SnapshotReceiver>();
  /** Received files that this process has read and found right. */
  readonly #checked = new WeakSet<ReceivedFile>();
  #installing: ReceivedFile | undefined;
  #making: Promise<unknown> = Promise.resolve();

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#folder = new SnapshotFolder(parts.stateFolder, parts.files);
    this.#steps = new RowSteps(parts.clock, parts.writer);
  }

  /** Before the state is opened: its folder's names are made durable then. */
  async prepare(): Promise<void> {
    await this.#folder.open();
  }

  /** Once what is found in the state is durable: removes what nobody needs. */
  async open(): Promise<void> {
    const { shards } = this.#parts;
    for (const file of this.#folder.allReceived) {
      const state = shards.wholeState(file.group);
      if (state !== undefined && state.applied >= file.index) {
        await this.#folder.removeReceived(file);
      }
    }
    await this.#removeOrphans();
    for (const shard of shards.all()) {
      if (shard.standing === Standing.dropping) void this.drop(shard.group).catch(() => {});
    }
  }

  /** Ends what is running; resolves when nothing runs any more. */
  async close(error: Error): Promise<void> {
    const ended = this.#steps.end(error);
    await this.#parts.worker.stop();
    await ended;
    for (const receiver of this.#receivers) await receiver.abort().catch(() => {});
    await this.#making;
  }

  make(group: GroupId): Promise<SnapshotFile> {
    const making = this.#making.then(() => this.#make(group));
    this.#making = making.catch(() => {});
    return making;
  }

  async read(group: GroupId, id: EntryId, offset: number, length: number): Promise<Buffer> {
    const made = this.#folder.made(group, id);
    if (made === undefined) throw noSuchFile(group, id);
    try {
      const file = await this.#folder.files.open(made.path, 'read');
      try {
        const bytes = Buffer.allocUnsafe(length);
        return bytes.subarray(0, await file.read(bytes, length, offset));
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw fileError(cause, made.path);
    }
  }

  async discard(group: GroupId, id: EntryId): Promise<void> {
    const made = this.#folder.made(group, id);
    if (made !== undefined) await this.#folder.removeMade(made);
    const received = this.#folder.received(group, id);
    if (received === undefined || received === this.#installing) return;
    await this.#folder.removeReceived(received);
  }

  async receive(group: GroupId, snapshot: SnapshotFile): Promise<SnapshotSink> {
    for (const other of this.#receivers) {
      const same = other.group === group && other.snapshot.index === snapshot.index;
      if (same && other.snapshot.term === snapshot.term) await other.abort();
    }
    await this.#mustFit(snapshot.bytes);
    const receiver = await SnapshotReceiver.begin({
      folder: this.#folder,
      group,
      snapshot,
      check: (file) => this.#parts.worker.check(file),
      verify: (checked) => this.#verify(checked, group, snapshot),
      onEnd: (ended) => this.#receivers.delete(ended),
    });
    this.#receivers.add(receiver);
    return receiver;
  }

  /** A snapshot that fills the disk would stop the node, and with it shards that need none. */
  async #mustFit(bytes: number): Promise<void> {
    const free = await this.#parts.freeBytes(this.#folder.path);
    if (free >= bytes + reserveBytes) return;
    const words = `a snapshot of ${bytes} bytes needs ${bytes + reserveBytes}, ${free} are free`;
    throw new SnapshotError('full', `${this.#folder.path}: ${words}`);
  }

  has(group: GroupId, id: EntryId): boolean {
    return this.#folder.received(group, id) !== undefined;
  }

  install(group: GroupId, id: EntryId): Promise<void> {
    return this.#steps.run(() => this.#install(group, id));
  }

  invalidate(group: GroupId): void {
    const { shards, writer } = this.#parts;
    const shard = shards.get(group);
    if (shard?.standing !== Standing.whole) return;
    shard.standing = Standing.installing;
    writer.transact('invalidate', ({ shardRows }) => shardRows.update(shard));
    writer.forget(group);
    // Made of a state that is not to be trusted: nobody may be given it.
    for (const made of this.#folder.madeOf(group)) {
      void this.#folder.removeMade(made).catch(() => {});
    }
  }

  async drop(group: GroupId): Promise<void> {
    this.#markDropping(group);
    for (const receiver of this.#receivers) {
      if (receiver.group === group) await receiver.abort();
    }
    await this.#steps.run(() => this.#drop(group));
  }

  #markDropping(group: GroupId): void {
    const { shards, writer } = this.#parts;
    const shard = shards.get(group);
    if (shard === undefined || shard.standing === Standing.dropping) return;
    shard.standing = Standing.dropping;
    writer.transact('drop', ({ shardRows }) => shardRows.update(shard));
    writer.forget(group);
  }

  async #make(group: GroupId): Promise<SnapshotFile> {
    const { shards, worker, writer, stateFile } = this.#parts;
    const shard = shards.get(group);
    const state = shards.wholeState(group);
    if (shard === undefined || state === undefined) throw noState(group);
    const [made] = this.#folder.madeOf(group).filter(({ index }) => index === state.applied);
    if (made !== undefined) {
      const { index, term, bytes, checksum } = made;
      return { index, term, bytes, checksum };
    }
    const target = this.#folder.newPart();
    writer.readerBegan();
    let file: SnapshotFile;
    try {
      file = await worker.make({ stateFile, target, group, timeMsMax: makeMsMax });
    } catch (cause) {
      // The file is new and nobody else's: what is damaged is the state.
      if (isDamage(cause)) writer.failed(cause);
      throw fileError(cause, target);
    } finally {
      writer.readerEnded();
    }
    if (shards.get(group)?.standing === Standing.whole) {
      return this.#folder.keepMade(target, group, file);
    }
    await this.#folder.remove(target);
    throw noState(group);
  }

  async #install(group: GroupId, id: EntryId): Promise<void> {
    const { shards } = this.#parts;
    const shard = shards.get(group);
    const whole = shard?.standing === Standing.whole;
    if (whole && shard.applied >= id.index) {
      requireSameEntry(shard, id);
      return this.#finish(shard, id);
    }
    const file = this.#folder.received(group, id);
    if (file === undefined) throw noSuchFile(group, id);
    this.#installing = file;
    try {
      await this.#check(file);
      const installed = await this.#replaceState(group, file);
      return await this.#finish(installed, id);
    } finally {
      this.#installing = undefined;
    }
  }

  /**
   * The file is closed again before it may be removed: whoever closes a removed file last frees its
   * blocks, and for a gigabyte that stops the loop for 0.2 s (`bench/snapshot.ts`).
   */
  async #replaceState(group: GroupId, file: ReceivedFile): Promise<ShardDraft> {
    const reader = new SnapshotReader(file.path);
    try {
      const installed = await installSnapshot(
        { ...this.#parts, steps: this.#steps },
        reader,
        group,
      );
      this.#parts.writer.forget(group);
      this.#parts.writer.installed(group);
      return installed;
    } finally {
      reader.close();
    }
  }

  /** The files go when a power cut cannot bring back a state that needs them. */
  async #finish(shard: ShardDraft, id: EntryId): Promise<void> {
    await this.#parts.shards.whenDurable(shard, id.index);
    for (const file of this.#folder.receivedOf(shard.group)) {
      if (file.index <= id.index) await this.#folder.removeReceived(file);
    }
  }

  /** Again after a restart: nobody knows what has happened to the file since it was received. */
  async #check(file: ReceivedFile): Promise<void> {
    if (this.#checked.has(file)) return;
    let checked: CheckedFile;
    try {
      checked = await this.#parts.worker.check(file.path);
    } catch (cause) {
      throw fileError(cause, file.path);
    }
    if (checked.checksum !== file.checksum) {
      throw new SnapshotError('refused', `${file.path}: it was damaged since it was received`);
    }
    this.#verify(checked, file.group, file);
    this.#checked.add(file);
  }

  #verify({ header }: CheckedFile, group: GroupId, id: EntryId): void {
    const { cluster, hashProbe } = this.#parts.identity;
    const refuse = (words: string) => {
      throw new SnapshotError('refused', `the snapshot ${nameOf(group, id)} ${words}`);
    };
    if (header.cluster !== cluster) {
      refuse(`is of cluster "${header.cluster}", and this node of "${cluster}"`);
    }
    if (header.hashProbe !== String(hashProbe)) {
      refuse(`places its keys by another hash (${header.hashProbe}, ${hashProbe})`);
    }
    const { group_id, applied, applied_term } = header.shard;
    if (group_id !== group || applied !== id.index || applied_term !== id.term) {
      refuse(`is one of ${nameOf(group_id, { index: applied, term: applied_term })}`);
    }
  }

  async #drop(group: GroupId): Promise<void> {
    // The first snapshot of a group may have been on its way in: only now there is a state.
    this.#markDropping(group);
    const { shards } = this.#parts;
    const shard = shards.get(group);
    if (shard?.standing === Standing.dropping) {
      const range = { start: shard.rangeStart, end: shard.rangeEnd };
      await this.#steps.erase('drop', range, () => {});
      await this.#steps.step('drop', ({ shardRows }) => shardRows.remove(shard));
      // The group may be created anew after this, with an empty log, and that will be durable: the
      // old state beside it would look like a log that was lost (seed 401642).
      await shards.removed(shard);
    }
    for (const file of this.#folder.madeOf(group)) await this.#folder.removeMade(file);
    for (const file of this.#folder.receivedOf(group)) await this.#folder.removeReceived(file);
  }

  /** Rows of no shard would come back as somebody's when a range is given to a new one. */
  async #removeOrphans(): Promise<void> {
    const { shards, writer } = this.#parts;
    for (const range of shards.gaps()) {
      if (!writer.anyRows(range)) continue;
      await this.#steps.run(() => this.#steps.erase('remove orphans', range, () => {}));
    }
  }
}

function requireSameEntry(shard: ShardDraft, id: EntryId): void {
  const same = shard.applied !== id.index || shard.appliedTerm === id.term;
  // The term of a birth is not known.
  if (same || shard.appliedTerm === 0) return;
  const words = `and the state here has applied that index with term ${shard.appliedTerm}`;
  throw new SnapshotError('refused', `the snapshot is ${nameOf(shard.group, id)}, ${words}`);
}

function nameOf(group: GroupId, { index, term }: EntryId): string {
  return `of group ${group}, index ${index}, term ${term}`;
}

function noSuchFile(group: GroupId, id: EntryId): SnapshotError {
  return new SnapshotError('missing', `there is no snapshot ${nameOf(group, id)} here`);
}

function noState(group: GroupId): SnapshotError {
  return new SnapshotError('no-state', `group ${group} has no whole state here`);
}
