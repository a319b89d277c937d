/**
 * The checkpoint worker without a thread: the same file operations, on the loop, in the order they
 * were asked for. `after` lets a test act between two steps, as a busy writer would.
 */
import { CheckpointFiles, type WalState } from '../../../src/kv/store/checkpoint-files.js';
import type { CheckpointWorker } from '../../../src/kv/store/checkpoint-worker.js';

export type InlineStep = 'syncWal' | 'syncDatabase' | 'measure' | 'checkpoint' | 'finish';

export class InlineWorker implements CheckpointWorker {
  readonly files = new CheckpointFiles();
  readonly steps: string[] = [];
  before: (step: InlineStep) => void = () => {};
  after: (step: InlineStep, state?: WalState) => void = () => {};

  async open(file: string): Promise<void> {
    this.files.open(file);
  }

  async syncWal(): Promise<void> {
    this.#step('syncWal', () => {
      this.files.syncWal();
      return undefined;
    });
  }

  async syncDatabase(): Promise<void> {
    this.#step('syncDatabase', () => {
      this.files.syncDatabase();
      return undefined;
    });
  }

  async measure(): Promise<WalState> {
    return this.#step('measure', () => this.files.measure());
  }

  async checkpoint(): Promise<WalState> {
    return this.#step('checkpoint', () => this.files.checkpoint());
  }

  async finish(): Promise<WalState> {
    return this.#step('finish', () => this.files.finish());
  }

  async stop(): Promise<void> {
    this.files.release();
  }

  #step<T extends WalState | undefined>(step: InlineStep, run: () => T): T {
    this.before(step);
    const state = run();
    this.steps.push(step);
    if (step !== 'measure') this.after(step, state);
    return state;
  }
}
