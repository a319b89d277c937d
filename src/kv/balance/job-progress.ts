/** How far a job is, how fast, and when it is likely to end; and why each step waits. */
import type { ClusterDocuments } from './cluster-documents.js';
import { hasEnded, isActive, isUnderWay, type JobDocument, type JobStep } from './job-document.js';
import { obstacleTo } from './job-schedule.js';

export interface JobProgress {
  readonly done: number;
  readonly underWay: number;
  readonly waiting: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
  /** Undefined while nothing can be said. */
  readonly secondsLeft: number | undefined;
}

export function progressOf(job: JobDocument, nowMs: number): JobProgress {
  const { steps } = job;
  const count = (test: (step: JobStep) => boolean) => steps.filter(test).length;
  const done = count(({ state }) => state === 'done');
  const bytesDone = steps.reduce((sum, step) => sum + step.bytesDone, 0);
  const bytesTotal = steps.reduce((sum, step) => sum + step.bytes, 0);
  const seconds = Math.max(0, (job.endedMs ?? nowMs) - (job.startedMs ?? nowMs)) / 1000;
  const bytesPerSecond = seconds > 0 ? bytesDone / seconds : 0;
  return {
    done,
    underWay: count(isUnderWay),
    waiting: count((step) => !hasEnded(step) && !isUnderWay(step)),
    failed: count(({ state }) => state === 'failed'),
    cancelled: count(({ state }) => state === 'cancelled'),
    bytesDone,
    bytesTotal,
    bytesPerSecond,
    secondsLeft: secondsLeft(job, { done, bytesDone, bytesTotal, seconds }),
  };
}

/** By bytes as far as there are any, else by steps: what was done took so long. */
function secondsLeft(
  job: JobDocument,
  at: { done: number; bytesDone: number; bytesTotal: number; seconds: number },
): number | undefined {
  if (!isActive(job)) return 0;
  if (job.state !== 'running' || at.seconds === 0) return undefined;
  const byBytes = at.bytesTotal > 0;
  const [done, total] = byBytes ? [at.bytesDone, at.bytesTotal] : [at.done, job.steps.length];
  if (done === 0) return undefined;
  return Math.ceil((at.seconds * (total - done)) / done);
}

/** What a step waits for, or how it ended. */
export function becauseOf(
  job: JobDocument,
  at: number,
  documents: Pick<ClusterDocuments, 'jobs'>,
): string {
  const step = job.steps[at];
  if (step === undefined) return '';
  if (hasEnded(step) || isUnderWay(step)) {
    const paused = job.state === 'paused' && !hasEnded(step);
    return paused ? 'The job is paused.' : step.because;
  }
  return obstacleTo(job, at, documents) ?? step.because;
}
