/** A checkpointer with a worker that only keeps books, and a clock that moves when told to. */
import type { Test } from 'tap';
import type { WalState } from '../../../src/kv/store/checkpoint-files.js';
import type { CheckpointWorker } from '../../../src/kv/store/checkpoint-worker.js';
import {
  Checkpointer,
  type CheckpointLimits,
  checkpointDefaults,
} from '../../../src/kv/store/checkpointer.js';
import { frameBytes } from '../../../src/kv/store/schema.js';
import type { StoreAction } from '../../../src/kv/store/store-faults.js';
import { ManualClock, settled } from './manual-clock.js';

class BookWorker implements CheckpointWorker {
  log = 0;
  checkpointed = 0;
  /** Frames before this one cannot be passed: a reader. */
  pinnedAt = Number.POSITIVE_INFINITY;
  readonly steps: string[] = [];
  /** A writer at work during a step. */
  during: (step: string) => void = () => {};

  async open(): Promise<void> {}
  async stop(): Promise<void> {}
  async syncWal(): Promise<void> {
    await this.#step('sync-wal');
  }
  async syncDatabase(): Promise<void> {
    await this.#step('sync-database');
  }
  async measure(): Promise<WalState> {
    return this.#state();
  }
  async checkpoint(): Promise<WalState> {
    // What is written while it copies is beyond what it set out to copy.
    const log = this.log;
    await this.#step('checkpoint');
    this.checkpointed = Math.max(this.checkpointed, Math.min(log, this.pinnedAt));
    return { ...this.#state(), log };
  }
  finish(): Promise<WalState> {
    return this.checkpoint();
  }

  /** One transaction of the writer, as SQLite does it: a finished log starts anew. */
  write(frames: number): void {
    if (this.log === this.checkpointed) {
      this.log = 0;
      this.checkpointed = 0;
    }
    this.log += frames;
  }

  async #step(step: string): Promise<void> {
    await null;
    this.steps.push(step);
    this.during(step);
  }

  #state(): WalState {
    const { log, checkpointed } = this;
    return { log, checkpointed, walBytes: log * frameBytes, databaseBytes: 0 };
  }
}

export function setUp(t: Test, more: Partial<CheckpointLimits> = {}) {
  const worker = new BookWorker();
  const clock = new ManualClock();
  const seen = {
    written: 0,
    durable: 0,
    holdEnds: 0,
    freePages: 0,
    failures: [] as Error[],
    warnings: [] as string[],
    fault: undefined as StoreAction | undefined,
  };
  const checkpointer = new Checkpointer({
    file: '/data/state.db',
    worker,
    clock,
    limits: { ...checkpointDefaults, ...more },
    logger: { warn: (_, message) => seen.warnings.push(message) },
    faults: {
      before(action) {
        if (action === seen.fault) throw Object.assign(new Error('injected'), { code: 'EIO' });
      },
    },
    client: {
      noteApplied: () => {
        const noted = seen.written;
        if (noted === seen.durable) return undefined;
        return () => {
          seen.durable = noted;
        };
      },
      lookAtLog: () => worker,
      hasFreePages: () => seen.freePages > 0,
      returnFreePages: () => {
        seen.freePages = Math.max(0, seen.freePages - 100);
        worker.write(1);
      },
      onHoldEnd: () => {
        seen.holdEnds += 1;
      },
      onFailure: (error) => seen.failures.push(error),
    },
  });
  t.teardown(() => checkpointer.stop());
  const write = (frames = 1) => {
    worker.write(frames);
    seen.written += 1;
    checkpointer.committed();
  };
  const pulse = async () => {
    const ran = clock.next();
    await settled();
    return ran;
  };
  return { worker, clock, seen, checkpointer, write, pulse };
}
