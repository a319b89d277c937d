/**
 * How a job's document goes on: a step begins, is on its way, ends; and with the last step the job.
 * Pure functions from one document to the next.
 */
import type { JobDocument, JobStep } from './job-document.js';
import { hasEnded } from './job-document.js';
import type { Heading } from './step-verdict.js';

/** A job that is to end early takes its steps back to a safe point. */
export function headingOf({ stop }: Pick<JobDocument, 'stop'>): Heading {
  return stop === undefined ? 'forward' : 'back';
}

export function withStep(job: JobDocument, at: number, next: Partial<JobStep>): JobDocument {
  const steps = job.steps.map((step, i) => (i === at ? { ...step, ...next } : step));
  return { ...job, steps };
}

export interface StepEnd {
  readonly state: 'done' | 'cancelled' | 'failed';
  readonly because: string;
  readonly nowMs: number;
}

/** The step has ended, and with it perhaps the job. */
export function endStep(job: JobDocument, at: number, end: StepEnd): JobDocument {
  const { state, because, nowMs } = end;
  const bytesDone = state === 'done' ? job.steps[at]?.bytes : undefined;
  const ended = { state, because, endedMs: nowMs, ...(bytesDone !== undefined && { bytesDone }) };
  return settle(withStep(job, at, ended), nowMs);
}

/** The first reason to end early stands. */
export function stopJob(
  job: JobDocument,
  stop: NonNullable<JobDocument['stop']>,
  nowMs: number,
): JobDocument {
  if (job.stop !== undefined) return job;
  // A paused job has to run to come to its safe points.
  return settle({ ...job, stop, state: 'running', because: stop.because }, nowMs);
}

/** Steps that have not begun end with a job that is to end; with its last step a job has ended. */
function settle(job: JobDocument, nowMs: number): JobDocument {
  const { stop } = job;
  const steps = job.steps.map((step): JobStep => {
    if (stop === undefined || hasEnded(step) || step.begunMs !== undefined) return step;
    return { ...step, state: 'cancelled', because: 'It had not begun.', endedMs: nowMs };
  });
  if (!steps.every(hasEnded)) return { ...job, steps };
  const state = stop?.as ?? 'succeeded';
  const because = stop?.because ?? 'All steps are done.';
  return { ...job, steps, state, because, endedMs: nowMs };
}
