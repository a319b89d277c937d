/**
 * Fetches snapshots from the nodes that offer them. The receiver asks for the pieces, a few at a
 * time, and writes them in order; after anything that goes wrong on the way it asks again behind
 * what it has. It gives up when another snapshot of the group takes this one's place, when the
 * sender has it no longer, or after a time without a new byte.
 */
import type { Clock } from '../clock.js';
import type { EntryId, GroupId, NodeId } from '../core/types.js';
import { RequestError, type Transport } from '../transport/types.js';
import {
  type ChunkAnswer,
  ChunkFormatError,
  decodeChunkAnswer,
  encodeChunkRequest,
} from './chunk-codec.js';
import type { SnapshotLimits } from './limits.js';
import type { SnapshotLogger } from './snapshot-sender.js';
import type { SnapshotTransfer } from './statistics.js';
import type { SnapshotFile, SnapshotFiles, SnapshotSink } from './types.js';

export interface SnapshotReceiverOptions {
  readonly files: SnapshotFiles;
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  readonly limits: SnapshotLimits;
  readonly logger: SnapshotLogger;
  /** The file is complete, checked and durable under its name. */
  readonly received: (group: GroupId, snapshot: EntryId) => void;
  readonly failed: (group: GroupId, snapshot: EntryId) => void;
}

interface Fetch {
  readonly group: GroupId;
  readonly from: NodeId;
  readonly file: SnapshotFile;
  /** Everything before it is written. */
  offset: number;
  progressMs: number;
  cancelled: boolean;
  /** It has failed, and this is told after a pause. */
  over: boolean;
}

/** A piece, or why there is none yet. */
type Piece = ChunkAnswer | { readonly kind: 'lost'; readonly why: string };

export class SnapshotReceiver {
  readonly statistics = { received: 0, failed: 0, receivedBytes: 0 };
  readonly #options: SnapshotReceiverOptions;
  /** One per group, in the order in which they were asked for. */
  readonly #fetches = new Map<GroupId, Fetch>();
  readonly #running = new Set<Fetch>();
  /** After failures in a row: the leader offers again at once, and a full disk fails at once. */
  readonly #pausesMs = new Map<GroupId, number>();
  #stopped = false;

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
  }

  /** Another snapshot of the group, or the same of somebody else, takes its place. */
  fetch(group: GroupId, from: NodeId, file: SnapshotFile): void {
    if (this.#stopped) return;
    const known = this.#fetches.get(group);
    if (known !== undefined && known.from === from && isSame(known.file, file)) return;
    this.cancel(group);
    const fetch = { group, from, file, offset: 0, progressMs: 0, cancelled: false, over: false };
    this.#fetches.set(group, fetch);
    this.#startNext();
  }

  cancel(group: GroupId): void {
    const fetch = this.#fetches.get(group);
    if (fetch === undefined) return;
    fetch.cancelled = true;
    this.#fetches.delete(group);
  }

  #startNext(): void {
    const { limits } = this.#options;
    for (const fetch of this.#fetches.values()) {
      if (this.#stopped || this.#running.size >= limits.receivingMax) return;
      // The one before it may still be closing its file of the same group.
      const busy = [...this.#running].some(({ group }) => group === fetch.group);
      if (!busy && !fetch.over) void this.#run(fetch);
    }
  }

  async #run(fetch: Fetch): Promise<void> {
    const { logger, received, failed } = this.#options;
    const { group, from, file } = fetch;
    const { index, term, bytes } = file;
    this.#running.add(fetch);
    logger.info({ group, from, index, term, bytes }, 'fetching a snapshot');
    const failure = await this.#fetch(fetch).catch((error: unknown) => String(error));
    this.#running.delete(fetch);
    if (fetch.cancelled || this.#stopped) return this.#startNext();
    if (failure === undefined) {
      this.#fetches.delete(group);
      this.#pausesMs.delete(group);
      this.statistics.received += 1;
      received(group, { index, term });
      return this.#startNext();
    }
    this.statistics.failed += 1;
    logger.warn({ group, from, index, failure }, 'a snapshot was not received');
    fetch.over = true;
    this.#startNext();
    await this.#pause(group);
    if (fetch.cancelled || this.#stopped) return;
    this.#fetches.delete(group);
    failed(group, { index, term });
  }

  #pause(group: GroupId): Promise<void> {
    const { clock, limits } = this.#options;
    const pauseMs = this.#pausesMs.get(group) ?? limits.retryMs;
    this.#pausesMs.set(group, Math.min(2 * pauseMs, limits.receiveIdleMs));
    return new Promise((resolve) => clock.after(pauseMs, resolve));
  }

  /** Undefined when the file is complete, else why it is not. */
  async #fetch(fetch: Fetch): Promise<string | undefined> {
    const { files, clock } = this.#options;
    fetch.progressMs = clock.monotonicMs();
    const sink = await files.receive(fetch.group, fetch.file);
    let failure: string | undefined = 'given up';
    try {
      failure = await this.#pull(fetch, sink);
      if (failure === undefined) await sink.finish();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (failure !== undefined) await sink.abort();
    return failure;
  }

  async #pull(fetch: Fetch, sink: SnapshotSink): Promise<string | undefined> {
    const { clock, limits } = this.#options;
    const { bytes } = fetch.file;
    let asked: { length: number; piece: Promise<Piece> }[] = [];
    let next = fetch.offset;
    while (fetch.offset < bytes) {
      for (; asked.length < limits.windowChunks && next < bytes; ) {
        const length = Math.min(limits.chunkBytesMax, bytes - next);
        asked.push({ length, piece: this.#ask(fetch, next, length) });
        next += length;
      }
      const piece = await asked.shift()?.piece;
      if (fetch.cancelled || this.#stopped) return 'given up';
      if (piece?.kind === 'gone') return 'its sender has it no longer';
      if (piece?.kind === 'data') {
        await sink.write(fetch.offset, piece.data);
        fetch.offset += piece.data.length;
        fetch.progressMs = clock.monotonicMs();
        this.statistics.receivedBytes += piece.data.length;
        continue;
      }
      const silentMs = clock.monotonicMs() - fetch.progressMs;
      if (silentMs >= limits.receiveIdleMs) return `no new byte in ${Math.round(silentMs)} ms`;
      // Lost, or put off: again, behind what is written. What else is under way comes to nothing.
      asked = [];
      next = fetch.offset;
      await new Promise<void>((resolve) => clock.after(limits.retryMs, resolve));
      if (fetch.cancelled || this.#stopped) return 'given up';
    }
    return undefined;
  }

  async #ask({ group, from, file }: Fetch, offset: number, length: number): Promise<Piece> {
    const { transport, limits } = this.#options;
    const { index, term } = file;
    const body = encodeChunkRequest({ group, snapshot: { index, term }, offset, length });
    try {
      const answer = await transport.request(from, body, { timeoutMs: limits.answerMs });
      return decodeChunkAnswer(answer, length);
    } catch (error) {
      if (!(error instanceof RequestError) && !(error instanceof ChunkFormatError)) throw error;
      return { kind: 'lost', why: error.message };
    }
  }

  transfers(): SnapshotTransfer[] {
    return [...this.#fetches.values()].map(({ group, from, file, offset }) => ({
      group,
      peer: from,
      state: 'receiving',
      index: file.index,
      term: file.term,
      bytesDone: offset,
      bytesTotal: file.bytes,
    }));
  }

  /** What is under way comes to nothing; its files are removed at the next start. */
  stop(): void {
    this.#stopped = true;
    for (const group of [...this.#fetches.keys()]) this.cancel(group);
  }
}

function isSame(a: SnapshotFile, b: SnapshotFile): boolean {
  return a.index === b.index && a.term === b.term && a.checksum === b.checksum;
}
