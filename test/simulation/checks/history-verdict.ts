/** Everything that clients can hold against a cluster, from their history alone. */
import type { Operation } from './history.js';
import { checkLinearizability, type Verdict } from './linearizability.js';
import { brokenShardRevision } from './shard-revisions.js';
import { dishonestStaleRead } from './stale-reads.js';

export function judge(operations: readonly Operation[]): Verdict {
  const verdict = checkLinearizability(operations);
  if (verdict.verdict === 'invalid') return verdict;
  const explanation = brokenShardRevision(operations) ?? dishonestStaleRead(operations);
  return explanation === undefined ? verdict : { ...verdict, verdict: 'invalid', explanation };
}
