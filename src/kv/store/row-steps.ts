/**
 * Moves many rows without stopping the loop for long: in small transactions, one per pass of the
 * loop, which stand back whenever the disk is behind. Jobs (an install, a removal) take turns as
 * wholes, their steps do not mix.
 */
import type { Clock } from '../../raft/clock.js';
import { firstId } from './key-rows.js';
import type { StateDatabase } from './state-database.js';
import type { HashRange } from './types.js';

/** A step ends with the row that reaches one of these; one row may be larger. */
export const stepBytesMax = 128 * 1024;
export const stepRowsMax = 128;
/** New keys may cost 70 us each when the index does not fit into memory, so time counts, too. */
export const stepMsMax = 4;
/** How often a job looks whether it may go on. */
const waitMs = 5;
/** Rows removed by one statement. */
const eraseRows = 32;

export interface StepWriter {
  /** True while a checkpoint holds the writer, or the disk has a backlog. */
  mustWait(): boolean;
  /** One transaction. A SnapshotError from `change` undoes it, anything else ends the node. */
  transact(action: string, change: (database: StateDatabase) => void): void;
}

export class RowSteps {
  readonly #clock: Clock;
  readonly #writer: StepWriter;
  #jobs: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;

  constructor(clock: Clock, writer: StepWriter) {
    this.#clock = clock;
    this.#writer = writer;
  }

  /** Runs when all jobs before it are over, however they ended. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const running = this.#jobs.then(async () => {
      this.#check();
      return job();
    });
    this.#jobs = running.catch(() => {});
    return running;
  }

  /** One transaction, after the loop has had its turn. */
  async step(
    action: string,
    change: (database: StateDatabase, budget: StepBudget) => void,
  ): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
    while (this.#ended === undefined && this.#writer.mustWait()) {
      await new Promise<void>((resolve) => {
        this.#clock.after(waitMs, resolve);
      });
    }
    this.#check();
    const budget = new StepBudget(this.#clock);
    this.#writer.transact(action, (database) => change(database, budget));
  }

  /** Removes all rows of the range. `check` may throw before each step. */
  async erase(action: string, range: HashRange, check: () => void): Promise<void> {
    const endId = firstId(range.end);
    let fromId: number | undefined = firstId(range.start);
    while (fromId !== undefined) {
      await this.step(action, ({ rows }, budget) => {
        check();
        while (fromId !== undefined && budget.room()) {
          const erased = rows.erase(
            { fromId, endId },
            { rows: eraseRows, bytes: budget.bytesLeft },
          );
          budget.spend(erased.rows, erased.bytes);
          fromId = erased.nextId;
        }
      });
    }
  }

  /** No step runs after this; what waits is rejected. Resolves when nothing waits any more. */
  async end(error: Error): Promise<void> {
    this.#ended ??= error;
    await this.#jobs;
  }

  #check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }
}

/** What one step may still do. Under a clock that stands still, rows and bytes alone decide. */
export class StepBudget {
  readonly #clock: Clock;
  readonly #endMs: number;
  #rows = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + stepMsMax;
  }

  spend(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  room(): boolean {
    if (this.#rows >= stepRowsMax || this.#bytes >= stepBytesMax) return false;
    return this.#rows === 0 || this.#clock.monotonicMs() < this.#endMs;
  }

  get bytesLeft(): number {
    return stepBytesMax - this.#bytes;
  }

  /** True when so many bytes more would be too many; never for the first row. */
  exceededBy(bytes: number): boolean {
    return this.#rows > 0 && this.#bytes + bytes > stepBytesMax;
  }
}
