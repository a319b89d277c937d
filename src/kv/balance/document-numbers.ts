/**
 * Plans, jobs and pins are numbered. The greatest number is never forgotten while its document is
 * there, and the newest document of a kind is never cleared away, so no number is given twice.
 */

import type { ClusterDocuments } from './cluster-documents.js';
import type { JobDocument } from './job-document.js';
import { isActive } from './job-document.js';
import type { PlanDocument } from './plan-document.js';

/** Jobs that have ended, and plans that have expired, beyond these are cleared away. */
export const endedJobsMax = 100;
export const expiredPlansMax = 20;

export function nextNumber(documents: ReadonlyMap<string, unknown>): string {
  let greatest = 0;
  for (const id of documents.keys()) greatest = Math.max(greatest, Number(id));
  return String(greatest + 1);
}

/** The names of what has to make room. */
export function clearedAway(
  { jobs, plans }: Pick<ClusterDocuments, 'jobs' | 'plans'>,
  nowMs: number,
): [string, undefined][] {
  const ended = [...jobs.values()].filter((job) => !isActive(job)).map(({ id }) => id);
  const expired = [...plans.values()].filter((plan) => isExpired(plan, nowMs)).map(({ id }) => id);
  return [
    ...oldest(ended, endedJobsMax).map((id) => `jobs/${id}`),
    ...oldest(expired, expiredPlansMax).map((id) => `plans/${id}`),
  ].map((name) => [name, undefined]);
}

export function isExpired({ expiresAtMs }: PlanDocument, nowMs: number): boolean {
  return nowMs >= expiresAtMs;
}

/** The newest are kept. */
function oldest(ids: readonly JobDocument['id'][], keep: number): string[] {
  return [...ids].sort((a, b) => Number(b) - Number(a)).slice(keep);
}
