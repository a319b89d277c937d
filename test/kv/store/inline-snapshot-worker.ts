/**
 * The snapshot worker without a thread: the same work, on the loop, when it is asked for. `during`
 * lets a test write while a snapshot is being made, between two of its steps.
 */
import { type CheckedFile, checkSnapshot } from '../../../src/kv/store/snapshot-file.js';
import { type MakeRequest, makeSnapshot } from '../../../src/kv/store/snapshot-maker.js';
import type { SnapshotWorker } from '../../../src/kv/store/snapshot-worker.js';
import type { SnapshotFile } from '../../../src/raft/snapshots/types.js';

export class InlineSnapshotWorker implements SnapshotWorker {
  readonly done: string[] = [];
  during: () => void = () => {};
  nowMs: () => number = () => 0;
  stopped = false;

  async make(request: MakeRequest): Promise<SnapshotFile> {
    this.done.push('make');
    const aborted = () => {
      this.during();
      return this.stopped;
    };
    return makeSnapshot(request, { nowMs: () => this.nowMs(), aborted });
  }

  async check(file: string): Promise<CheckedFile> {
    this.done.push('check');
    return checkSnapshot(file);
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }
}
