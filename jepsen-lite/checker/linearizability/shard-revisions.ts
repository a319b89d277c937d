/**
 * What a shard's revisions promise over all its keys: no two writes share one, and whoever asks
 * after somebody had an answer is not told of an earlier one. A store whose keys are linearizable
 * each for itself may still break this, after a snapshot or a restart that forgot the counter.
 */
import type { Operation } from '../../history/operation.js';
import { tell } from '../../history/tell.js';
import type { Finding } from './impossible-values.js';

export function brokenShardRevision(operations: readonly Operation[]): Finding | undefined {
  const shards = new Map<number, Operation[]>();
  for (const operation of operations) {
    const { shard, shardRevision } = operation.facts;
    const speaks = operation.status === 'ok' && operation.consistency !== 'stale';
    if (!speaks || shard === undefined || shardRevision === undefined) continue;
    const ofShard = shards.get(shard);
    if (ofShard === undefined) shards.set(shard, [operation]);
    else ofShard.push(operation);
  }
  for (const ofShard of shards.values()) {
    const broken = sharedRevision(ofShard) ?? fallenRevision(ofShard);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function sharedRevision(operations: readonly Operation[]): Finding | undefined {
  const writers = new Map<number, Operation>();
  for (const operation of operations) {
    if (!steps(operation)) continue;
    const revision = operation.facts.shardRevision ?? 0;
    const other = writers.get(revision);
    if (other !== undefined) return finding(operation, 'has the revision of', other);
    writers.set(revision, operation);
  }
  return undefined;
}

function fallenRevision(operations: readonly Operation[]): Finding | undefined {
  const answers = [...operations].sort((a, b) => a.completedAt - b.completedAt);
  let answered = 0;
  let floor: Operation | undefined;
  for (const operation of operations) {
    for (; answered < answers.length; answered += 1) {
      const answer = answers[answered];
      if (answer === undefined || answer.completedAt > operation.invokedAt) break;
      if (floor === undefined || revisionOf(answer) > revisionOf(floor)) floor = answer;
    }
    if (floor === undefined) continue;
    // A write takes a revision of its own; a read may be answered at the same one.
    const least = revisionOf(floor) + (steps(operation) ? 1 : 0);
    if (revisionOf(operation) < least) {
      return finding(
        operation,
        'comes too late for its revision, for before it began there was',
        floor,
      );
    }
  }
  return undefined;
}

function revisionOf({ facts }: Operation): number {
  return facts.shardRevision ?? 0;
}

/** Whether the operation took a revision of its own. */
function steps({ facts }: Operation): boolean {
  const { outcome } = facts;
  return outcome === 'created' || outcome === 'replaced' || outcome === 'deleted';
}

function finding(operation: Operation, is: string, other: Operation): Finding {
  const explanation = `${tell(operation)} ${is} ${tell(other)}`;
  return { explanation, culprits: [operation.number, other.number] };
}
