/** The snapshot worker of a simulated process: the real work, when the simulation says so. */
import { type CheckedFile, checkSnapshot } from '../../src/kv/store/snapshot-file.js';
import { type MakeRequest, makeSnapshot } from '../../src/kv/store/snapshot-maker.js';
import type { SnapshotWorker } from '../../src/kv/store/snapshot-worker.js';
import { SnapshotError } from '../../src/raft/snapshots/snapshot-error.js';
import type { SnapshotFile } from '../../src/raft/snapshots/types.js';

export class SimulatedSnapshotWorker implements SnapshotWorker {
  readonly #later: (run: () => void) => void;
  readonly #waiting = new Set<(error: Error) => void>();
  #stopped = false;

  /** `later`: runs it when the worker has got to it. */
  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  make(request: MakeRequest): Promise<SnapshotFile> {
    // No time passes while it is made, and nobody interrupts it.
    return this.#run(() => makeSnapshot(request, { nowMs: () => 0, aborted: () => false }));
  }

  check(file: string): Promise<CheckedFile> {
    return this.#run(() => checkSnapshot(file));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const reject of this.#waiting) reject(stopped());
    this.#waiting.clear();
  }

  #run<T>(work: () => T): Promise<T> {
    if (this.#stopped) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#later(() => {
        if (!this.#waiting.delete(reject)) return;
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
}

const stopped = () => new SnapshotError('abandoned', 'the snapshot worker was stopped');
