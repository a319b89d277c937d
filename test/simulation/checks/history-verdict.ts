/** Everything that clients can hold against a cluster, from their history alone. */
import { check, type Operation, type Validity } from '../../../jepsen-lite/checker/index.js';
import { brokenShardRevision } from './shard-revisions.js';
import { dishonestStaleRead } from './stale-reads.js';

const timeMs = 30_000;

export interface HistoryVerdict {
  readonly validity: Validity;
  /** In words, unless valid. */
  readonly explanation: string;
}

export function judge(operations: readonly Operation[]): HistoryVerdict {
  // A client that could send nothing has nothing against anybody.
  if (operations.length === 0) return { validity: 'valid', explanation: '' };
  const { validity, explanation } = check(operations, { model: 'kv', timeMs });
  if (validity === 'invalid') return { validity, explanation };
  const broken = brokenShardRevision(operations) ?? dishonestStaleRead(operations);
  return broken === undefined
    ? { validity, explanation }
    : { validity: 'invalid', explanation: broken };
}
