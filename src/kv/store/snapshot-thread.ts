/** The thread of `ThreadSnapshotWorker`: takes one job at a time, answers each. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../raft/core/invariant.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import { checkSnapshot } from './snapshot-file.js';
import { makeSnapshot } from './snapshot-maker.js';
import type { SnapshotAnswer, SnapshotJob, SnapshotThreadData } from './snapshot-worker.js';

const port = parentPort;
invariant(port !== null, 'this file runs in a worker thread');
const { abort } = workerData as SnapshotThreadData;
const around = { nowMs: () => performance.now(), aborted: () => Atomics.load(abort, 0) === 1 };

port.on('message', (job: SnapshotJob | 'stop') => {
  if (job === 'stop') port.close();
  else port.postMessage(answer(job));
});

function answer(job: SnapshotJob): SnapshotAnswer {
  try {
    if (job.kind === 'check') return { kind: 'checked', file: checkSnapshot(job.file) };
    return { kind: 'made', file: makeSnapshot(job.request, around) };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const refusal = cause instanceof SnapshotError ? cause.code : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return { kind: 'failed', message, refusal, code };
  }
}
