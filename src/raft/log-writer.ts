/**
 * Hands what the groups want written to the one log, a batch at a time. The loop goes on while a
 * batch is being written.
 */
import { type AppendBatch, AppendQueue, isEmpty } from './append-queue.js';
import type { Wal } from './wal/types.js';

export interface LogWriterParts {
  readonly wal: Wal;
  readonly batchBytesMax: number;
  /** The batch is on the disk. */
  readonly durable: (batch: AppendBatch) => void;
  readonly fail: (error: Error) => void;
}

export class LogWriter {
  readonly queue = new AppendQueue();
  readonly #parts: LogWriterParts;
  #writing: Promise<void> | undefined;

  constructor(parts: LogWriterParts) {
    this.#parts = parts;
  }

  /** True when `write` would do something. */
  get ready(): boolean {
    return this.#writing === undefined && !this.queue.empty;
  }

  /** The next batch, unless one is being written; returned when there is nothing to wait for. */
  write(): AppendBatch | undefined {
    if (!this.ready) return undefined;
    const { wal, batchBytesMax, durable, fail } = this.#parts;
    const batch = this.queue.take(batchBytesMax);
    if (isEmpty(batch.wal)) return batch;
    this.#writing = wal.write(batch.wal).then(
      () => {
        this.#writing = undefined;
        durable(batch);
      },
      (error: Error) => {
        this.#writing = undefined;
        fail(error);
      },
    );
    return undefined;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#writing;
  }
}
