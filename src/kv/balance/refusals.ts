/**
 * What a plan is refused for: each with its reason and the next thing to do. A refusal changes
 * nothing, and is the same for a dry run.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import type { ViewShard } from './cluster-view.js';
import type { Draft } from './draft.js';
import type { Refusal } from './plan.js';
import { jobRule, majorityRule } from './rules.js';

export function unknownNode(draft: Draft, node: NodeId): Refusal | undefined {
  if (draft.node(node) !== undefined) return undefined;
  return {
    code: 'unknown_node',
    reason: `There is no node ${node} in the cluster.`,
    next: 'List the nodes and take one of their ids.',
  };
}

export function unknownShard(draft: Draft, shard: GroupId): Refusal | undefined {
  if (draft.has(shard)) return undefined;
  return {
    code: 'unknown_shard',
    reason: `There is no shard ${shard}; it may have been merged into its neighbour.`,
    next: 'List the shards and take one of their numbers.',
  };
}

/** A job holds it, or it cannot commit anything. */
export function immovable(draft: Draft, shard: ViewShard): Refusal | undefined {
  const job = jobRule(draft, shard);
  if (job.decision !== 'yes') {
    const next = 'Wait until the job has ended, or cancel it, and plan again.';
    return { code: 'shard_busy', reason: `Shard ${shard.group}: ${job.because}`, next };
  }
  const majority = majorityRule(draft, shard);
  if (majority.decision === 'yes') return undefined;
  return {
    code: 'quorum_at_risk',
    reason: `Shard ${shard.group} can commit nothing: ${majority.because}`,
    next: 'Bring its nodes back; if they are lost for good, see `kvorum admin recover`.',
  };
}

export function firstOf(...checks: readonly (() => Refusal | undefined)[]): Refusal | undefined {
  for (const check of checks) {
    const refusal = check();
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
