/**
 * The durable log of a node: see DESIGN.md in this folder for the format and the reasons.
 *
 * This file is its life: opening, one batch after the other, sealing when idle, failing, closing.
 * How frames are built and where they go is in `log-appender.ts`.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.js';
import { invariant } from '../core/invariant.js';
import type { GroupId, Index, LogReader } from '../core/types.js';
import { type BackgroundWorker, inlineWorker } from './background.js';
import { checkBatch } from './batch-check.js';
import { Carrier } from './carrier.js';
import { readEntries } from './entry-reader.js';
import { WalError, writeFailure } from './errors.js';
import type { FileSystem } from './file-system.js';
import {
  LOG_BYTES_DEFAULT,
  SEGMENT_BYTES_DEFAULT,
  SEGMENT_BYTES_MAX,
  SEGMENT_BYTES_MIN,
  SEGMENT_COUNT_MAX,
} from './format.js';
import { LogAppender } from './log-appender.js';
import { LogState } from './log-state.js';
import { realFileSystem } from './real-file-system.js';
import { type Recovery, recover, type WalWarning } from './recovery.js';
import type { Segment } from './segment-list.js';
import { SegmentSupply } from './segment-supply.js';
import { threadWorker } from './thread-worker.js';
import type { Recovered, Wal, WalBatch, WalObserver, WalStatistics } from './types.js';

export interface WalOptions {
  /** The node's data folder; the log lives in `wal` below it. */
  readonly dir: string;
  readonly clock: Clock;
  readonly segmentBytes?: number;
  /** Above it the log asks for compaction, and then carries entries forward. */
  readonly logBytesMax?: number;
  readonly fileSystem?: FileSystem;
  /** Default: a thread, or in place when the file system was given. */
  readonly worker?: BackgroundWorker;
  readonly observer?: WalObserver;
  readonly onWarning?: (warning: WalWarning) => void;
  /** Called once, when the log is poisoned; also when nobody waits for a write. */
  readonly onFailure?: (error: Error) => void;
  /** Salts the segments. */
  readonly randomUint32?: () => number;
}

/** An idle log is sealed after this long, so that later damage cannot pass for a torn tail. */
export const SEAL_AFTER_MS = 50;

export function createWal(options: WalOptions): Wal {
  return new SegmentedWal(options);
}

class SegmentedWal implements Wal {
  readonly #options: WalOptions;
  readonly #clock: Clock;
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #logBytesMax: number;
  #state = new LogState();
  /** Set by `open`. */
  #carrier: Carrier | undefined;
  #supply: SegmentSupply | undefined;
  #appender: LogAppender | undefined;
  #opened = false;
  #closing: Promise<void> | undefined;
  #failure: Error | undefined;

  /** What is on its way to the disk: at most one batch, which waits for a seal before it. */
  #writing: Promise<void> | undefined;
  #sealing: Promise<void> | undefined;
  #lastBatchMs = 0;
  #cancelSealTimer: (() => void) | undefined;

  constructor(options: WalOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#fileSystem = options.fileSystem ?? realFileSystem();
    this.#folder = `${options.dir}/wal`;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES_DEFAULT;
    this.#logBytesMax = options.logBytesMax ?? LOG_BYTES_DEFAULT;
    checkSizes(this.#segmentBytes, this.#logBytesMax);
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get statistics(): WalStatistics {
    const counters = this.#appender?.counters;
    return {
      batches: counters?.batches ?? 0,
      entries: counters?.entries ?? 0,
      bytes: counters?.bytes ?? 0,
      syncMsTotal: counters?.syncMsTotal ?? 0,
      syncMsMax: counters?.syncMsMax ?? 0,
      segments: this.#state.segments.all.length,
      segmentBytes: this.#totalBytes(),
    };
  }

  async open(): Promise<Recovered> {
    invariant(!this.#opened && this.#closing === undefined, 'a log is opened once');
    this.#opened = true;
    let fresh = false;
    try {
      await this.#fileSystem.makeFolder(this.#folder);
      // A name that a killed process left behind is visible, and not yet durable.
      await this.#fileSystem.syncFolder(this.#options.dir);
      await this.#fileSystem.syncFolder(this.#folder);
      const warn = this.#options.onWarning ?? (() => undefined);
      const recovery = await recover(this.#fileSystem, this.#folder, warn);
      fresh = recovery.tail.segment === undefined && recovery.prepared === undefined;
      await this.#begin(recovery);
    } catch (cause) {
      const error = this.#fail(cause, 'opening the log failed');
      await this.#release();
      throw error;
    }
    return { ...this.#state.recovered(), fresh };
  }

  write(batch: WalBatch): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closing !== undefined) {
      return Promise.reject(new WalError('wal_closed', 'the log is closed'));
    }
    const appender = this.#appender;
    invariant(appender !== undefined, 'the log is written after it was opened');
    invariant(this.#writing === undefined, 'one batch is in flight at a time');
    checkBatch(batch, this.#state);
    const appended =
      this.#sealing === undefined
        ? appender.append(batch)
        : this.#sealing.then(() => appender.append(batch));
    this.#writing = appended.then(this.#onWritten, this.#onWriteFailed);
    return this.#writing;
  }

  reader(group: GroupId): LogReader {
    return {
      entries: (from, until, bytesMax) => {
        const log = this.#state.groups.get(group);
        invariant(log !== undefined, `group ${group} is not in the log`);
        try {
          return readEntries(log, this.#state.segments, from, until, bytesMax);
        } catch (error) {
          // What cannot be read cannot be replicated or recovered either: the node stops.
          throw error instanceof WalError ? this.#fail(error) : error;
        }
      },
    };
  }

  pressure(): readonly { readonly group: GroupId; readonly upTo: Index }[] {
    // One segment early, so that there is time to compact before entries are carried.
    const pinned = this.#pinned(this.#logBytesMax - this.#segmentBytes);
    if (pinned === undefined) return [];
    const groups: { group: GroupId; upTo: Index }[] = [];
    for (const [group, highest] of pinned.lastIndexes) {
      const log = this.#state.groups.get(group);
      if (log === undefined) continue;
      const upTo = Math.min(highest, log.lastIndex);
      for (let index = log.mark.index + 1; index <= upTo; index++) {
        if (log.segmentOf(index) !== pinned.id) continue;
        groups.push({ group, upTo });
        break;
      }
    }
    return groups.sort((a, b) => a.group - b.group);
  }

  tailBytes(group: GroupId): number {
    return this.#state.groups.get(group)?.tailBytes ?? 0;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#sealing?.catch(() => undefined);
    this.#cancelSealTimer?.();
    if (this.#failure === undefined && this.#appender?.needsSeal) {
      await this.#appender.seal().catch((error) => this.#fail(error));
    }
    await this.#release();
  }

  async #release(): Promise<void> {
    await this.#supply?.close();
    await this.#carrier?.close();
    for (const segment of this.#state.segments.all) {
      await segment.file.close().catch(() => undefined);
    }
  }

  /** Takes over what recovery found and makes it durable before anything is built on it. */
  async #begin(recovery: Recovery): Promise<void> {
    const { state, tail, prepared } = recovery;
    const onFailure = (error: Error) => void this.#fail(error);
    const carrier = new Carrier(state, onFailure);
    const supply = new SegmentSupply(
      {
        fileSystem: this.#fileSystem,
        worker: this.#options.worker ?? this.#defaultWorker(),
        folder: this.#folder,
        segmentBytes: this.#segmentBytes,
        segments: state.segments,
        randomUint32: this.#options.randomUint32 ?? (() => randomInt(2 ** 32)),
        onFailure,
        inUse: (segment) => carrier.reading === segment,
        short: () => this.#totalBytes() > this.#logBytesMax - this.#segmentBytes,
      },
      prepared,
    );
    this.#state = state;
    this.#carrier = carrier;
    this.#supply = supply;
    await tail.segment?.raiseVersion();
    await prepared?.raiseVersion();
    const { observer } = this.#options;
    const appender = new LogAppender({ state, carrier, supply, clock: this.#clock, observer });
    await appender.resume(tail);
    this.#appender = appender;
    supply.tend();
  }

  #defaultWorker(): BackgroundWorker {
    const given = this.#options.fileSystem;
    return given === undefined ? threadWorker() : inlineWorker(given);
  }

  readonly #onWritten = (): void => {
    this.#writing = undefined;
    // Background work failed meanwhile: from then on nothing is acknowledged, this neither.
    if (this.#failure !== undefined) throw this.#failure;
    this.#lastBatchMs = this.#clock.monotonicMs();
    this.#cancelSealTimer ??= this.#clock.after(SEAL_AFTER_MS, this.#onSealTimer);
    const pinned = this.#pinned(this.#logBytesMax);
    // Only while most of the log is garbage: a full circle then copies less than it frees.
    const worthwhile = 2 * this.#state.segments.liveBytes <= this.#totalBytes();
    if (pinned !== undefined && worthwhile) this.#carrier?.start(pinned);
    this.#carrier?.advance();
    this.#supply?.tend();
  };

  readonly #onWriteFailed = (error: unknown): never => {
    this.#writing = undefined;
    throw this.#fail(error);
  };

  /** One timer for all batches: it is not moved by each, but looks when it fires. */
  readonly #onSealTimer = (): void => {
    this.#cancelSealTimer = undefined;
    const appender = this.#appender;
    if (this.#failure !== undefined || this.#closing !== undefined || !appender?.needsSeal) return;
    const idleMs = this.#clock.monotonicMs() - this.#lastBatchMs;
    if (this.#writing !== undefined || idleMs < SEAL_AFTER_MS) {
      const delayMs = this.#writing === undefined ? SEAL_AFTER_MS - idleMs : SEAL_AFTER_MS;
      this.#cancelSealTimer = this.#clock.after(Math.max(1, delayMs), this.#onSealTimer);
      return;
    }
    const done = () => {
      this.#sealing = undefined;
    };
    this.#sealing = appender.seal().then(done, (error) => {
      done();
      throw this.#fail(error);
    });
    // A batch that waits for the seal fails with it; when none waits, `onFailure` has been told.
    this.#sealing.catch(() => undefined);
  };

  /** The oldest segment that something still needs, while the log is longer than `limitBytes`. */
  #pinned(limitBytes: number): Segment | undefined {
    if (this.#totalBytes() <= limitBytes) return undefined;
    const { all, newest } = this.#state.segments;
    const oldest = all.find((segment) => segment.liveEntries > 0);
    return oldest === newest ? undefined : oldest;
  }

  #totalBytes(): number {
    return this.#state.segments.totalBytes + (this.#supply?.nextBytes ?? 0);
  }

  /** The first failure is the last word: nothing is acknowledged and no sync is tried again. */
  #fail(cause: unknown, what = 'writing the log failed'): Error {
    if (this.#failure === undefined) {
      this.#failure = writeFailure(what, cause, this.#folder);
      this.#cancelSealTimer?.();
      this.#supply?.stop();
      this.#options.onFailure?.(this.#failure);
    }
    return this.#failure;
  }
}

function checkSizes(segmentBytes: number, logBytesMax: number): void {
  const whole = Number.isSafeInteger(segmentBytes) && segmentBytes % 4096 === 0;
  const inRange = segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes <= SEGMENT_BYTES_MAX;
  invariant(whole && inRange, `segmentBytes is ${segmentBytes}, not a multiple of 4096 in range`);
  const count = logBytesMax / segmentBytes;
  invariant(count >= 4, 'logBytesMax is at least four segments');
  invariant(count <= SEGMENT_COUNT_MAX, `logBytesMax is at most ${SEGMENT_COUNT_MAX} segments`);
}
