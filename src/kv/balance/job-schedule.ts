/**
 * Which steps of a job may begin now, and of the others, what each waits for. Steps that need the
 * same shard are done in their order; others side by side, as far as the limits allow.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { ClusterDocuments } from './cluster-documents.js';
import { hasEnded, isActive, isUnderWay, type JobDocument } from './job-document.js';
import { nodesOf, shardsOf } from './plan.js';

/** Undefined: it may begin. Else why not, in words. */
export function obstacleTo(
  job: JobDocument,
  at: number,
  documents: Pick<ClusterDocuments, 'jobs'>,
): string | undefined {
  const step = job.steps[at];
  if (step === undefined || hasEnded(step)) return 'It has ended.';
  if (job.state === 'paused') return 'The job is paused.';
  if (job.state !== 'running') return job.because;
  if (job.stop !== undefined) return 'The job is about to end.';
  const mine = shardsOf(step.action);
  const first = job.steps.findIndex(
    (other, i) => i < at && !hasEnded(other) && overlap(shardsOf(other.action), mine),
  );
  if (first !== -1) return `Step ${first + 1} needs the same shard and comes first.`;
  const { maxConcurrent, maxPerNode } = job.limits;
  const underWay = job.steps.filter(isUnderWay).length;
  if (underWay >= maxConcurrent) {
    return `${underWay} step(s) are under way; max_concurrent is ${maxConcurrent}.`;
  }
  const busy = nodesOf(step.action).find((node) => workOf(node, documents) >= maxPerNode);
  if (busy === undefined) return undefined;
  const work = workOf(busy, documents);
  return `Node ${busy} works for ${work} step(s); max_per_node is ${maxPerNode}.`;
}

/** Steps under way that a node sends or receives for, of all jobs: it has one disk for them. */
function workOf(node: NodeId, { jobs }: Pick<ClusterDocuments, 'jobs'>): number {
  let count = 0;
  for (const job of jobs.values()) {
    if (!isActive(job)) continue;
    for (const step of job.steps) {
      if (isUnderWay(step) && nodesOf(step.action).includes(node)) count += 1;
    }
  }
  return count;
}

function overlap(a: readonly GroupId[], b: readonly GroupId[]): boolean {
  return a.some((shard) => b.includes(shard));
}

/** The shards that jobs hold for themselves until they end, with the job's id. */
export function heldShards({ jobs }: Pick<ClusterDocuments, 'jobs'>): Map<GroupId, string> {
  const held = new Map<GroupId, string>();
  for (const job of jobs.values()) {
    if (!isActive(job)) continue;
    for (const { action } of job.steps) {
      for (const shard of shardsOf(action)) held.set(shard, job.id);
    }
  }
  return held;
}
