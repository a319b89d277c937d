/**
 * The thread behind `threadWorker`: blocking file work, so that libuv's pool stays free for the
 * log's own writes.
 */
import { parentPort } from 'node:worker_threads';
import { type BackgroundJob, runJob } from './background.js';
import { blockingFileSystem } from './blocking-file-system.js';
import { errorCode } from './file-system.js';

/** An error cannot cross with its properties; these are what the log looks at. */
export type JobOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly code: string | undefined };

const fileSystem = blockingFileSystem();

parentPort?.on('message', (job: BackgroundJob) => {
  runJob(fileSystem, job).then(
    () => answer({ ok: true }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      answer({ ok: false, message, code: errorCode(error) });
    },
  );
});

function answer(outcome: JobOutcome): void {
  parentPort?.postMessage(outcome);
}
