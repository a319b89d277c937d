/**
 * Snapshots that this node has made for others: made one at a time, offered again to whoever else
 * needs one, and served piece by piece to the receivers, who ask for the pieces.
 *
 * A snapshot is held until nobody has asked for a byte of it for a while. As long as it is held it
 * pins the log behind it: a receiver that has installed it must find the next entry there.
 */
import type { Clock } from '../clock.js';
import type { EntryId, GroupId, Index, NodeId, ReplicaId } from '../core/types.js';
import type { IncomingRequest } from '../transport/types.js';
import {
  type ChunkAnswer,
  type ChunkRequest,
  decodeChunkRequest,
  encodeChunkAnswer,
} from './chunk-codec.js';
import type { SnapshotLimits } from './limits.js';
import type { SnapshotTransfer } from './statistics.js';
import { TokenBucket } from './token-bucket.js';
import type { SnapshotFile, SnapshotFiles } from './types.js';

export interface SnapshotLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface SnapshotSenderOptions {
  readonly files: SnapshotFiles;
  readonly clock: Clock;
  readonly limits: SnapshotLimits;
  readonly logger: SnapshotLogger;
  /** What was asked for with `want`; undefined: it failed, or was discarded before its time. */
  readonly answer: (group: GroupId, to: ReplicaId, made: SnapshotFile | undefined) => void;
}

interface Receiver {
  /** End of the last piece it was given. */
  offset: number;
  askedMs: number;
}

interface Held {
  readonly group: GroupId;
  readonly file: SnapshotFile;
  /** Replicas that were told of it. */
  readonly told: Set<ReplicaId>;
  readonly receivers: Map<NodeId, Receiver>;
  readonly madeMs: number;
  usedMs: number;
}

interface Wanted {
  atLeast: Index;
  readonly by: Set<ReplicaId>;
}

interface Making {
  readonly group: GroupId;
  /** The state is at least here; the log from here on stays until the snapshot's index is known. */
  readonly from: Index;
}

export class SnapshotSender {
  readonly statistics = { made: 0, failed: 0, sentBytes: 0 };
  readonly #options: SnapshotSenderOptions;
  readonly #bucket: TokenBucket;
  readonly #wanted = new Map<GroupId, Wanted>();
  readonly #held = new Map<GroupId, Held>();
  #making: Making | undefined;
  #cancelExpiry: (() => void) | undefined;
  #stopped = false;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.clock, options.limits.sendBytesPerSecond);
  }

  /** `applied`: what the state holds of the group now. Answered later, with `answer`. */
  want(group: GroupId, to: ReplicaId, need: { atLeast: Index; applied: Index }): void {
    if (this.#stopped) return;
    const held = this.#held.get(group);
    if (held !== undefined && held.file.index >= need.atLeast && !this.#isInVain(held, to)) {
      held.told.add(to);
      held.usedMs = this.#options.clock.monotonicMs();
      this.#options.answer(group, to, held.file);
      return;
    }
    const wanted = this.#wanted.get(group) ?? { atLeast: 0, by: new Set() };
    wanted.atLeast = Math.max(wanted.atLeast, need.atLeast);
    wanted.by.add(to);
    this.#wanted.set(group, wanted);
    this.#makeNext(need.applied);
  }

  /**
   * Whoever asks again after so long could not use it: perhaps the file itself is bad. But nobody
   * who is receiving it must begin anew because another one's disk is full, say.
   */
  #isInVain(held: Held, to: ReplicaId): boolean {
    const { clock, limits } = this.#options;
    const { told, receivers, madeMs } = held;
    if (!told.has(to) || clock.monotonicMs() - madeMs < limits.reuseMs) return false;
    return ![...receivers.values()].some((receiver) => this.#receives(held, receiver));
  }

  #makeNext(applied?: Index): void {
    if (this.#making !== undefined || this.#stopped) return;
    const [next] = this.#wanted;
    if (next === undefined) return;
    const [group, wanted] = next;
    this.#wanted.delete(group);
    this.#making = { group, from: Math.min(wanted.atLeast, applied ?? wanted.atLeast) };
    void this.#make(group, wanted);
  }

  async #make(group: GroupId, wanted: Wanted): Promise<void> {
    const { files, clock, logger } = this.#options;
    let file: SnapshotFile | undefined;
    try {
      await this.#discard(group);
      file = await files.make(group);
    } catch (error) {
      logger.warn({ group, err: error }, 'a snapshot could not be made');
    }
    this.#making = undefined;
    if (this.#stopped) return;
    if (file === undefined || file.index < wanted.atLeast) {
      this.statistics.failed += 1;
      for (const to of wanted.by) this.#options.answer(group, to, undefined);
    } else {
      this.statistics.made += 1;
      const { index, term, bytes } = file;
      logger.info({ group, index, term, bytes }, 'snapshot made');
      const [told, receivers] = [new Set(wanted.by), new Map()];
      const madeMs = clock.monotonicMs();
      this.#held.set(group, { group, file, told, receivers, madeMs, usedMs: madeMs });
      for (const to of wanted.by) this.#options.answer(group, to, file);
      this.#expireLater();
    }
    this.#makeNext();
  }

  /** Entries behind this index are still needed; undefined when no snapshot needs any. */
  pinned(group: GroupId): Index | undefined {
    const making = this.#making?.group === group ? this.#making.from : undefined;
    const held = this.#held.get(group)?.file.index;
    if (making === undefined || held === undefined) return making ?? held;
    return Math.min(making, held);
  }

  /** Groups whose log is pinned. */
  get pinnedGroups(): ReadonlySet<GroupId> {
    const groups = new Set(this.#held.keys());
    if (this.#making !== undefined) groups.add(this.#making.group);
    return groups;
  }

  /** The pin cost too much, or the group is gone from this node. */
  async forget(group: GroupId): Promise<void> {
    const waiting = this.#wanted.get(group)?.by ?? [];
    this.#wanted.delete(group);
    // Unanswered, it would never ask again.
    for (const to of waiting) this.#options.answer(group, to, undefined);
    await this.#discard(group);
  }

  // Pieces ---------------------------------------------------------------------------------

  /** A request of another node; its first byte is `chunkRequestType`. */
  async serve({ from, body }: IncomingRequest): Promise<Buffer> {
    return encodeChunkAnswer(await this.#piece(from, decodeChunkRequest(body)));
  }

  async #piece(from: NodeId, request: ChunkRequest): Promise<ChunkAnswer> {
    const { files, clock, limits, logger } = this.#options;
    const held = this.#held.get(request.group);
    if (held === undefined || !isOf(request.snapshot, held.file)) return { kind: 'gone' };
    const { offset } = request;
    const length = Math.min(request.length, limits.chunkBytesMax, held.file.bytes - offset);
    if (length <= 0) return { kind: 'gone' };
    if (!this.#admits(held, from)) return { kind: 'later' };
    const receiver = held.receivers.get(from) ?? { offset: 0, askedMs: 0 };
    held.receivers.set(from, receiver);
    // From the beginning again: another replica of that node, or another try.
    if (offset === 0) receiver.offset = 0;
    held.usedMs = receiver.askedMs = clock.monotonicMs();
    // Longer, and the receiver would take the answer for lost: it asks again, and what was taken
    // for it is wasted. With a slow line no piece at all would arrive (seed 200413).
    const waitMs = this.#bucket.take(length, limits.answerMs / 4);
    if (waitMs === undefined) return { kind: 'later' };
    if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    let data: Buffer;
    try {
      data = await files.read(request.group, request.snapshot, offset, length);
    } catch (error) {
      logger.warn({ group: request.group, err: error }, 'a snapshot cannot be read: it goes');
      if (this.#held.get(request.group) === held) await this.#discard(request.group);
      return { kind: 'gone' };
    }
    receiver.offset = Math.max(receiver.offset, offset + length);
    this.statistics.sentBytes += length;
    return { kind: 'data', data };
  }

  /** A place is taken from the first piece to the last, or until the receiver falls silent. */
  #admits(held: Held, from: NodeId): boolean {
    const { limits } = this.#options;
    let others = 0;
    for (const other of this.#held.values()) {
      for (const [node, receiver] of other.receivers) {
        if (other === held && node === from) continue;
        if (this.#receives(other, receiver)) others += 1;
      }
    }
    return others < limits.sendingMax;
  }

  #receives(held: Held, receiver: Receiver): boolean {
    const { clock, limits } = this.#options;
    const silentMs = clock.monotonicMs() - receiver.askedMs;
    return receiver.offset < held.file.bytes && silentMs < limits.answerMs;
  }

  // The end of a snapshot --------------------------------------------------------------------

  #expireLater(): void {
    if (this.#cancelExpiry !== undefined || this.#held.size === 0 || this.#stopped) return;
    const { clock, limits } = this.#options;
    this.#cancelExpiry = clock.after(limits.reuseMs, () => {
      this.#cancelExpiry = undefined;
      this.#expire();
      this.#expireLater();
    });
  }

  #expire(): void {
    const { clock, limits } = this.#options;
    for (const held of [...this.#held.values()]) {
      const { receivers, told, file } = held;
      const complete = [...receivers.values()].filter(({ offset }) => offset >= file.bytes);
      const keepMs = complete.length >= told.size ? limits.reuseMs : limits.sendIdleMs;
      if (clock.monotonicMs() - held.usedMs < keepMs) continue;
      void this.#discard(held.group);
    }
  }

  /** Whoever was told of it is told that it is gone: an offer without a file helps nobody. */
  async #discard(group: GroupId): Promise<void> {
    const held = this.#held.get(group);
    if (held === undefined) return;
    const { files, logger, answer } = this.#options;
    this.#held.delete(group);
    for (const to of held.told) answer(group, to, undefined);
    await files.discard(group, held.file).catch((error: unknown) => {
      logger.warn({ group, err: error }, 'a snapshot could not be discarded');
    });
  }

  transfers(): SnapshotTransfer[] {
    const transfers: SnapshotTransfer[] = [];
    if (this.#making !== undefined) {
      const { group, from: index } = this.#making;
      const unknown = { peer: undefined, term: 0, bytesDone: 0, bytesTotal: 0 };
      transfers.push({ group, state: 'making', index, ...unknown });
    }
    for (const { group, file, receivers } of this.#held.values()) {
      const { index, term, bytes: bytesTotal } = file;
      for (const [peer, { offset: bytesDone }] of receivers) {
        // Kept for whoever else needs it; that is nothing to wait for.
        if (bytesDone >= bytesTotal) continue;
        transfers.push({ group, peer, state: 'sending', index, term, bytesDone, bytesTotal });
      }
    }
    return transfers;
  }

  /** Files that are left are removed at the next start. */
  stop(): void {
    this.#stopped = true;
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    this.#wanted.clear();
  }
}

function isOf(id: EntryId, file: SnapshotFile): boolean {
  return id.index === file.index && id.term === file.term;
}
