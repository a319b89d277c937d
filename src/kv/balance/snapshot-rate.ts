/**
 * How fast snapshots of a shard may be sent now: what the jobs that run say. Asked whenever it
 * matters and kept nowhere, so a throttle ends with its job and nobody has to take it off.
 */
import type { GroupId } from '../../raft/core/types.js';
import type { ClusterDocuments } from './cluster-documents.js';
import { isActive, isUnderWay, type JobDocument } from './job-document.js';
import { shardsOf } from './plan.js';

/** Bytes per second; undefined: no job says anything of this shard. */
export function snapshotRate(
  shard: GroupId,
  { jobs }: Pick<ClusterDocuments, 'jobs'>,
): number | undefined {
  for (const job of jobs.values()) {
    if (!isActive(job) || !holds(job, shard)) continue;
    // The limit is for the whole job; those that copy share it.
    const copying = job.steps.filter((step) => isUnderWay(step) && copies(step.action.kind));
    return Math.max(1, Math.floor(job.limits.maxBytesPerSecond / Math.max(1, copying.length)));
  }
  return undefined;
}

function holds(job: JobDocument, shard: GroupId): boolean {
  return job.steps.some(({ action }) => shardsOf(action).includes(shard));
}

function copies(kind: JobDocument['steps'][number]['action']['kind']): boolean {
  return kind === 'move' || kind === 'add-replica';
}
