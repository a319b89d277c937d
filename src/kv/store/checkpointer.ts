/**
 * When to sync, when to copy the log into the database, and when the writer must stand still for
 * it. Runs on the event loop, does nothing that blocks: the worker does. DESIGN.md ("Checkpoints")
 * has the reasons and the argument for what counts as durable.
 *
 * One pulse at a time, every 50 ms while there is something to do; no timer at all otherwise.
 */
import type { Clock } from '../../raft/clock.js';
import type { WalState } from './checkpoint-files.js';
import type { CheckpointWorker } from './checkpoint-worker.js';
import { frameBytes } from './schema.js';
import { storeError } from './store-error.js';
import type { StoreAction, StoreFaults } from './store-faults.js';

export interface CheckpointLimits {
  /** Time between two pulses under load. */
  readonly pulseMs: number;
  /** Frames worth a PASSIVE checkpoint; fewer wait until the writer is idle. */
  readonly checkpointFrames: number;
  /** Size of the log at which the writer is made to stand still, so that it restarts. */
  readonly walBytesMax: number;
  /** Size at which it stands still even in the middle of the copying: it outruns the disk. */
  readonly walBytesHard: number;
  /** Frames not yet copied at which it stands still in the middle of the copying. */
  readonly restFramesHard: number;
  /** Frames copied after which the database is synced, so that no sync has much to do. */
  readonly syncFrames: number;
  /** So few frames left to copy that the writer may be stopped for them. */
  readonly restFramesMax: number;
  /** Rounds of copying and syncing before the writer is stopped whatever is left. */
  readonly roundsMax: number;
  /** Wait after a checkpoint that could not finish, as a reader stood in the way. */
  readonly retryMs: number;
  /** Pause of the writer after which the rest is copied and freed pages are given back. */
  readonly idleAfterMs: number;
  /** A longer hold is worth a line in the log. */
  readonly holdBudgetMs: number;
}

export const checkpointDefaults: CheckpointLimits = {
  pulseMs: 50,
  checkpointFrames: 1000,
  walBytesMax: 64 * 1024 * 1024,
  walBytesHard: 128 * 1024 * 1024,
  restFramesHard: 8192,
  syncFrames: 2048,
  restFramesMax: 500,
  roundsMax: 8,
  retryMs: 1000,
  idleAfterMs: 1000,
  holdBudgetMs: 20,
};

export interface CheckpointLogger {
  warn(facts: object, message: string): void;
}

/** What the checkpointer needs of the store. */
export interface CheckpointClient {
  /**
   * Notes what is applied now. The returned function is called once that is durable; undefined
   * when all of it already is.
   */
  noteApplied(): (() => void) | undefined;
  /** Frames in the log now, and how many are copied; cheap, asked on the loop. */
  lookAtLog(): { readonly log: number; readonly checkpointed: number };
  /** True while freed pages wait to be given back. */
  hasFreePages(): boolean;
  /** Gives some of them back: a transaction on the writing connection. */
  returnFreePages(): void;
  onHoldEnd(): void;
  onFailure(error: Error): void;
}

export interface CheckpointerOptions {
  readonly file: string;
  readonly worker: CheckpointWorker;
  readonly clock: Clock;
  readonly client: CheckpointClient;
  readonly limits: CheckpointLimits;
  readonly faults: StoreFaults | undefined;
  readonly logger: CheckpointLogger | undefined;
}

/** Transactions between two looks at how far the writer has run ahead of a busy worker. */
const commitsPerLook = 8;

const nothing: WalState = { log: 0, checkpointed: 0, walBytes: 0, databaseBytes: 0 };

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #held = false;
  #stopped = false;
  #readers = 0;
  /** Frames that a reader has left behind, and that are still there. */
  #left = { log: 0, rest: 0 };
  #commits = 0;
  #commitsSeen = 0;
  #commitsLooked = 0;
  #unsyncedFrames = 0;
  #holdStartMs = 0;
  #quietSinceMs = Number.POSITIVE_INFINITY;
  #holdNotBeforeMs = 0;
  #running: Promise<void> | undefined;
  #timer: { readonly cancel: () => void; readonly patient: boolean } | undefined;
  state: WalState = nothing;
  checkpoints = 0;
  holds = 0;
  holdMsTotal = 0;
  holdMsMax = 0;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  get held(): boolean {
    return this.#held;
  }

  /** For work that can wait: true while the writer is held, or the disk is behind. */
  mustWait(): boolean {
    if (this.#held) return true;
    const { log, checkpointed } = this.#options.client.lookAtLog();
    return log - checkpointed >= this.#options.limits.restFramesHard / 2;
  }

  /** Another connection reads for seconds: until it ends the log cannot be restarted. */
  readerBegan(): void {
    this.#readers += 1;
  }

  /** What it kept from being copied is worked off first; nobody is held for what it left. */
  readerEnded(): void {
    this.#readers -= 1;
    const { log, checkpointed } = this.#options.client.lookAtLog();
    this.#left = { log, rest: log - checkpointed };
  }

  /** Once the worker is open. */
  async begin(): Promise<void> {
    await this.#measure();
  }

  /** After every COMMIT. */
  committed(): void {
    this.#commits += 1;
    if (this.#running !== undefined) this.#lookForOverrun();
    if (this.#timer?.patient) {
      this.#timer.cancel();
      this.#timer = undefined;
    }
    this.#arm(this.#options.limits.pulseMs);
  }

  /** No pulse runs and none will, once this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#running;
  }

  #arm(delayMs: number): void {
    if (this.#stopped || this.#running !== undefined || this.#timer !== undefined) return;
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#running = this.#run();
    });
    this.#timer = { cancel, patient: delayMs > this.#options.limits.pulseMs };
  }

  async #run(): Promise<void> {
    let nextMs: number | undefined;
    try {
      // A commit in between may have begun a hold after the pulse has last looked.
      do nextMs = await this.#pulse();
      while (this.#held);
    } catch (error) {
      this.#stopped = true;
      this.#held = false;
      this.#options.client.onFailure(
        storeError(error, { file: this.#options.file, action: 'checkpoint' }),
      );
    }
    this.#running = undefined;
    if (nextMs !== undefined) this.#arm(nextMs);
  }

  /** Returns when to pulse again; undefined: not before the next commit. */
  async #pulse(): Promise<number | undefined> {
    const { limits, clock } = this.#options;
    const quiet = this.#commits === this.#commitsSeen;
    if (!quiet) this.#quietSinceMs = clock.monotonicMs();
    const idle = clock.monotonicMs() - this.#quietSinceMs >= limits.idleAfterMs;
    this.#commitsSeen = this.#commits;
    await this.#syncApplied();
    await this.#measure();
    if (this.#held || this.#mustRestartLog()) {
      await this.#restartLog();
    } else if (this.#rest >= limits.checkpointFrames || (idle && this.#rest > 0)) {
      await this.#checkpoint();
      if (this.#unsyncedFrames >= limits.syncFrames) await this.#syncDatabase();
    }
    if (this.#held) await this.#finishHold();
    if (!quiet || this.#commits !== this.#commitsSeen) return limits.pulseMs;
    if (idle) return this.#whenIdle();
    return this.#rest > 0 || this.#options.client.hasFreePages() ? limits.idleAfterMs : undefined;
  }

  #whenIdle(): number | undefined {
    const { client, limits, faults } = this.#options;
    if (this.#rest > 0) return limits.retryMs;
    if (!client.hasFreePages()) return undefined;
    faults?.before('incremental-vacuum');
    client.returnFreePages();
    return limits.pulseMs;
  }

  #mustRestartLog(): boolean {
    const { limits, clock } = this.#options;
    // With nothing left to copy the next transaction restarts the log by itself.
    if (this.#readers > 0) return false;
    if (this.#rest === 0 || this.state.log * frameBytes < limits.walBytesMax) return false;
    return clock.monotonicMs() >= this.#holdNotBeforeMs;
  }

  /**
   * A constant writer never lets PASSIVE reach the end of the log. So copy and sync until little is
   * left, then let the writer stand still for the last bit: its next transaction starts the
   * log anew.
   */
  async #restartLog(): Promise<void> {
    const { limits } = this.#options;
    for (let round = 0; round < limits.roundsMax && !this.#held; round += 1) {
      const before = this.#rest;
      await this.#checkpoint();
      await this.#syncDatabase();
      await this.#syncApplied();
      await this.#measure();
      if (this.#rest <= limits.restFramesMax) break;
      if (round > 1 && this.#rest > before * 0.8) break;
    }
    if (!this.#held) this.#beginHold();
    await this.#finishHold();
  }

  /** While the worker is busy the writer may outrun the disk: then it waits, the log is bounded. */
  #lookForOverrun(): void {
    const { clock, client, limits } = this.#options;
    if (this.#held || this.#stopped || this.#readers > 0) return;
    if (this.#commits - this.#commitsLooked < commitsPerLook) return;
    this.#commitsLooked = this.#commits;
    const { log, checkpointed } = client.lookAtLog();
    const far = log - checkpointed >= limits.restFramesHard + this.#left.rest;
    if (!far && (log - this.#left.log) * frameBytes < limits.walBytesHard) return;
    if (clock.monotonicMs() >= this.#holdNotBeforeMs) this.#beginHold();
  }

  #beginHold(): void {
    this.#held = true;
    this.#holdStartMs = this.#options.clock.monotonicMs();
  }

  /** With the writer standing still, PASSIVE reaches the end unless a reader is in the way. */
  async #finishHold(): Promise<void> {
    const { clock, limits, logger, client } = this.#options;
    await this.#checkpoint();
    this.#held = false;
    // SQLite has synced the database itself: it does so when nothing is left to copy.
    if (this.#rest === 0) this.#unsyncedFrames = 0;
    const holdMs = clock.monotonicMs() - this.#holdStartMs;
    this.holds += 1;
    this.holdMsTotal += holdMs;
    this.holdMsMax = Math.max(this.holdMsMax, holdMs);
    if (holdMs > limits.holdBudgetMs) {
      logger?.warn({ holdMs, frames: this.state.log }, 'a checkpoint held up the writer');
    }
    if (this.#rest > 0) {
      this.#holdNotBeforeMs = clock.monotonicMs() + limits.retryMs;
      logger?.warn({ ...this.state }, 'a reader keeps the log of the state from being restarted');
    }
    client.onHoldEnd();
  }

  /** DESIGN.md, "Durable applied index": noted after COMMIT, believed after the sync. */
  async #syncApplied(): Promise<void> {
    const nowDurable = this.#options.client.noteApplied();
    if (nowDurable === undefined) return;
    await this.#act('sync-wal', (worker) => worker.syncWal());
    nowDurable();
  }

  async #checkpoint(): Promise<void> {
    const before = this.state.checkpointed;
    this.checkpoints += 1;
    this.state = await this.#act('checkpoint', (worker) => worker.checkpoint());
    this.#unsyncedFrames += Math.max(0, this.state.checkpointed - before);
    this.#lessLeft();
  }

  async #syncDatabase(): Promise<void> {
    await this.#act('sync-database', (worker) => worker.syncDatabase());
    this.#unsyncedFrames = 0;
  }

  async #measure(): Promise<void> {
    const before = this.state.log;
    this.state = await this.#act('measure', (worker) => worker.measure());
    // Shorter: the log was restarted, so all of it was copied.
    if (this.state.log < before) this.#left = { log: 0, rest: 0 };
    this.#lessLeft();
  }

  #lessLeft(): void {
    this.#left = { log: this.#left.log, rest: Math.min(this.#left.rest, this.#rest) };
  }

  async #act<T>(action: StoreAction, run: (worker: CheckpointWorker) => Promise<T>): Promise<T> {
    const { faults, worker, file } = this.#options;
    try {
      faults?.before(action);
      return await run(worker);
    } catch (cause) {
      throw storeError(cause, { file, action });
    }
  }

  get #rest(): number {
    return this.state.log - this.state.checkpointed;
  }
}
