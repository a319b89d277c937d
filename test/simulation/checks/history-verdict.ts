/** Everything that clients can hold against a cluster, from their history alone. */
import { check, type Operation, type Validity } from '../../../jepsen-lite/checker/index.js';

const timeMs = 30_000;

export interface HistoryVerdict {
  readonly validity: Validity;
  /** In words, unless valid. */
  readonly explanation: string;
}

export function judge(operations: readonly Operation[]): HistoryVerdict {
  // A client that could send nothing has nothing against anybody.
  if (operations.length === 0) return { validity: 'valid', explanation: '' };
  const verdict = check(operations, { model: 'kv', timeMs });
  if (verdict.validity !== 'valid') return verdict;
  const reads = operations.some(
    ({ consistency, status }) => consistency === 'stale' && status === 'ok',
  );
  return reads ? check(operations, { model: 'stale' }) : verdict;
}
