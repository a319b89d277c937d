/**
 * Where segments come from and where they go: keeps the next one ready, uses finished ones again,
 * removes the rest. One background job at a time.
 */
import { invariant } from '../core/invariant.js';
import type { BackgroundJob, BackgroundWorker } from './background.js';
import { WalError, writeFailure } from './errors.js';
import { type FileSystem, isDiskFull } from './file-system.js';
import { SEGMENT_BYTES_MAX, type SegmentHeader, segmentFileName } from './format.js';
import { Segment, type SegmentList } from './segment-list.js';

export interface SupplyOptions {
  readonly fileSystem: FileSystem;
  readonly worker: BackgroundWorker;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly segments: SegmentList;
  readonly randomUint32: () => number;
  /** Anything but a full disk: the log is poisoned. */
  readonly onFailure: (error: Error) => void;
  /** True while somebody reads this segment in the background. */
  readonly inUse: (segment: Segment) => boolean;
  /** True when the log should not keep a finished file for later. */
  readonly short: () => boolean;
}

export class SegmentSupply {
  readonly #options: SupplyOptions;
  #next: Segment | undefined;
  /** Taken, and without a frame on the disk: until then nothing may come behind it. */
  #beginning = false;
  /** Never rejects. */
  #job: Promise<void> | undefined;
  /** The disk was full; tried again only when the segment is needed. */
  #full = false;
  #stopped = false;

  constructor(options: SupplyOptions, next: Segment | undefined) {
    this.#options = options;
    this.#next = next;
  }

  get nextBytes(): number {
    return this.#next?.capacityBytes ?? 0;
  }

  /** Starts what is due in the background, if nothing runs. */
  tend(): void {
    if (this.#job !== undefined || this.#stopped) return;
    const work = this.#due();
    if (work === undefined) return;
    this.#run(work).catch(this.#options.onFailure);
  }

  /**
   * The segment after the newest, with room for `bytes`. Waits for it when it is not ready. Nothing
   * is prepared after that until it is `begun`: jobs that end meanwhile would prepare it again, in
   * the place of what is being written, and a second one behind it is damage to a recovery.
   */
  async take(bytes: number): Promise<Segment> {
    while (this.#job !== undefined) await this.#job;
    if (this.#next === undefined || this.#next.capacityBytes < bytes) {
      invariant(bytes <= SEGMENT_BYTES_MAX, `a segment of ${bytes} bytes is over the limit`);
      this.#full = false;
      const usual = this.#options.segmentBytes;
      await this.#run(() => this.#prepare(bytes <= usual ? usual : Math.ceil(bytes / 4096) * 4096));
    }
    const next = this.#next;
    if (next === undefined) {
      throw new WalError('wal_full', 'there is no room for the next segment of the log', {
        file: this.#options.folder,
      });
    }
    this.#next = undefined;
    this.#beginning = true;
    return next;
  }

  /** The first frame of the segment that was taken is durable. */
  begun(): void {
    this.#beginning = false;
  }

  /** The log is poisoned: nothing new is begun. */
  stop(): void {
    this.#stopped = true;
  }

  /** Waits for what runs, then lets go of the files. */
  async close(): Promise<void> {
    this.stop();
    while (this.#job !== undefined) await this.#job;
    await this.#next?.file.close();
    this.#next = undefined;
    await this.#options.worker.close();
  }

  #run(work: () => Promise<void>): Promise<void> {
    invariant(this.#job === undefined, 'one background job at a time');
    const outcome = work();
    const settled = () => {
      this.#job = undefined;
      this.tend();
    };
    // After a failure nothing follows by itself: the log is about to be told.
    const failed = () => {
      this.#job = undefined;
    };
    this.#job = outcome.then(settled, failed);
    return outcome;
  }

  #due(): (() => Promise<void>) | undefined {
    const { segments, segmentBytes } = this.#options;
    // Until the first frame of the newest is durable, what the one before says is nowhere else.
    if (this.#beginning) return undefined;
    const free = this.#next === undefined;
    if (free && !this.#full && segments.newest !== undefined) {
      return () => this.#prepare(segmentBytes);
    }
    // One finished segment waits for its next use; the others are space that somebody may need.
    const keep = !this.#options.short() && segments.oldest?.capacityBytes === segmentBytes;
    if (!this.#canRelease(0) || (keep && !segments.canRelease(1))) return undefined;
    return () => this.#remove();
  }

  #canRelease(position: number): boolean {
    const segment = this.#options.segments.all[position];
    if (segment === undefined || this.#options.inUse(segment)) return false;
    return this.#options.segments.canRelease(position);
  }

  async #remove(): Promise<void> {
    const { segments, worker, folder } = this.#options;
    const segment = segments.shift();
    if (segment === undefined) return;
    await segment.file.close();
    await this.#work({ kind: 'remove', folder, fileName: segment.fileName }, worker);
  }

  async #prepare(capacityBytes: number): Promise<void> {
    const { segments, worker, folder, fileSystem, randomUint32 } = this.#options;
    const id = (segments.newest?.id ?? 0) + 1;
    const header: SegmentHeader = { id, capacityBytes, salt: randomUint32() >>> 0 };
    await this.#next?.file.close();
    this.#next = undefined;
    const recyclable = segments.oldest?.capacityBytes === capacityBytes && this.#canRelease(0);
    const old = recyclable ? segments.shift() : undefined;
    await old?.file.close();
    const recycle = old === undefined ? {} : { recycle: old.fileName };
    try {
      await this.#work({ kind: 'prepare', folder, header, ...recycle }, worker);
      const path = `${folder}/${segmentFileName(id)}`;
      this.#next = new Segment(header, await fileSystem.open(path, 'durable'));
    } catch (error) {
      if (!isDiskFull(error) && !(error instanceof WalError && error.code === 'wal_full'))
        throw error;
      this.#full = true;
    }
  }

  async #work(job: BackgroundJob, worker: BackgroundWorker): Promise<void> {
    try {
      await worker.run(job);
    } catch (error) {
      const what =
        job.kind === 'prepare' ? 'preparing a segment failed' : 'removing a segment failed';
      throw writeFailure(what, error, job.folder);
    }
  }
}
