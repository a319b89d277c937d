/** Plans and jobs as the admin routes show them, with what each step waits for. */
import type { z } from 'zod';
import type { ClusterDocuments } from '../kv/balance/cluster-documents.js';
import { isExpired } from '../kv/balance/document-numbers.js';
import { isActive, type JobDocument, type JobLimits } from '../kv/balance/job-document.js';
import { becauseOf, progressOf } from '../kv/balance/job-progress.js';
import { actionInWords, type PlanDocument } from '../kv/balance/plan-document.js';
import type { jobSchema, planSchema } from './cluster-schemas.js';
import { scoreView, timeView } from './cluster-view.js';

export function planView(
  plan: PlanDocument,
  { map }: Pick<ClusterDocuments, 'map'>,
  nowMs: number,
): z.input<typeof planSchema> {
  return {
    plan: plan.id,
    goal: plan.goal,
    origin: plan.origin,
    actor: plan.actor,
    reason: plan.reason,
    base_epoch: plan.baseEpoch,
    created_at: timeView(plan.createdAtMs),
    expires_at: timeView(plan.expiresAtMs),
    executable: plan.baseEpoch === map.epoch && !isExpired(plan, nowMs),
    steps: plan.steps.map(({ action, bytes, because }) => {
      return { action, what: actionInWords(action), bytes, because };
    }),
    bytes: plan.bytes,
    estimated_seconds: plan.estimatedSeconds,
    score: { before: scoreView(plan.score.before), after: scoreView(plan.score.after) },
    healthy_voters_min: plan.healthyVotersMin,
    warnings: plan.warnings,
  };
}

export function jobView(
  job: JobDocument,
  documents: Pick<ClusterDocuments, 'jobs'>,
  nowMs: number,
): z.input<typeof jobSchema> {
  const progress = progressOf(job, nowMs);
  const { maxBytesPerSecond, maxConcurrent, maxPerNode } = job.limits;
  return {
    job: job.id,
    plan: job.plan,
    goal: job.goal,
    origin: job.origin,
    actor: job.actor,
    reason: job.reason,
    state: job.state,
    because: job.because,
    ending: job.stop !== undefined && isActive(job),
    base_epoch: job.baseEpoch,
    created_at: timeView(job.createdMs),
    started_at: timeView(job.startedMs),
    ended_at: timeView(job.endedMs),
    driver: job.driver ?? null,
    limits: {
      max_bytes_per_s: maxBytesPerSecond,
      max_concurrent: maxConcurrent,
      max_per_node: maxPerNode,
    },
    progress: {
      done: progress.done,
      under_way: progress.underWay,
      waiting: progress.waiting,
      failed: progress.failed,
      cancelled: progress.cancelled,
      bytes_done: progress.bytesDone,
      bytes_total: progress.bytesTotal,
      bytes_per_second: Math.round(progress.bytesPerSecond),
      seconds_left: progress.secondsLeft ?? null,
    },
    steps: job.steps.map((step, at) => ({
      action: step.action,
      what: actionInWords(step.action),
      state: step.state,
      because: becauseOf(job, at, documents),
      bytes: step.bytes,
      bytes_done: step.bytesDone,
      begun_at: timeView(step.begunMs),
      ended_at: timeView(step.endedMs),
    })),
  };
}

interface LimitsBody {
  readonly max_bytes_per_s?: number | undefined;
  readonly max_concurrent?: number | undefined;
  readonly max_per_node?: number | undefined;
}

/** Only what was said. */
export function limitsOf(body: LimitsBody | undefined): Partial<JobLimits> {
  const { max_bytes_per_s: bytes, max_concurrent: all, max_per_node: perNode } = body ?? {};
  return {
    ...(bytes !== undefined && { maxBytesPerSecond: bytes }),
    ...(all !== undefined && { maxConcurrent: all }),
    ...(perNode !== undefined && { maxPerNode: perNode }),
  };
}
