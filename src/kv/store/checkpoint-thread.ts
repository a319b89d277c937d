/** The thread of `ThreadCheckpointWorker`: takes one request at a time, answers each. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../raft/core/invariant.js';
import { CheckpointFiles, type WalState } from './checkpoint-files.js';
import type { WorkerAnswer, WorkerRequest } from './checkpoint-worker.js';

const port = parentPort;
invariant(port !== null, 'this file runs in a worker thread');
const files = new CheckpointFiles();

port.on('message', (request: WorkerRequest) => {
  if (request.action === 'stop') {
    files.release();
    port.close();
    return;
  }
  port.postMessage(answer(request, request.action));
});

function answer(request: WorkerRequest, action: Exclude<WorkerRequest['action'], 'stop'>) {
  try {
    return { state: run(request, action) } satisfies WorkerAnswer;
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    return { message: error.message, code } satisfies WorkerAnswer;
  }
}

function run(
  request: WorkerRequest,
  action: Exclude<WorkerRequest['action'], 'stop'>,
): WalState | undefined {
  switch (action) {
    case 'open':
      files.open(request.file);
      return undefined;
    case 'syncWal':
      files.syncWal();
      return undefined;
    case 'syncDatabase':
      files.syncDatabase();
      return undefined;
    case 'measure':
      return files.measure();
    case 'checkpoint':
      return files.checkpoint();
    case 'finish':
      return files.finish();
  }
}
