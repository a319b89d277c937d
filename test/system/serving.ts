/**
 * How long it takes until every shard takes writes again.
 */

import type { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { keyPerShard } from './shard-keys.js';
import type { Workload } from './workload.js';

/** Short at first, so that an answer that will not come does not hide that others do. */
const attemptTimeoutMsMin = 1_400;
const attemptTimeoutMsMax = 4_000;

/** Writes to every shard through the given nodes until each has taken one; the time it took. */
export async function servesAgain(
  cluster: Cluster,
  workload: Workload,
  ids: readonly number[] = cluster.ids,
  timeoutMs = 15_000,
): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(
    keyPerShard(cluster.shards, 'probe').map(async (key, index) => {
      const node = ids[index % ids.length] ?? 0;
      let attempts = 0;
      let attemptTimeoutMs = attemptTimeoutMsMin;
      await eventually(
        `shard ${index + 1} takes a write through node ${node}`,
        async () => {
          attempts += 1;
          const value = `${key}=${startedMs}/${attempts}`;
          const answer = await workload.write(node, key, value, attemptTimeoutMs);
          attemptTimeoutMs = Math.min(attemptTimeoutMsMax, attemptTimeoutMs * 1.3);
          return answer.outcome === 'ok' || undefined;
        },
        timeoutMs,
      );
    }),
  );
  return performance.now() - startedMs;
}
