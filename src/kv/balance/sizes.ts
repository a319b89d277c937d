/**
 * Shards that are too large or too busy are cut in two, tiny neighbours made one. What a split
 * leaves is never ripe for a merge: two neighbours are merged only if together they stay below half
 * of what is split, whatever the settings say, and not soon after their ranges changed.
 */
import type { ClusterView, ViewShard } from './cluster-view.js';
import type { Draft } from './draft.js';
import { shardRules } from './rules.js';
import { requestsPerSecond } from './shard-cost.js';
import { canBeCut, incomplete, mergeShards, pinnedAway, splitShard } from './split-and-merge.js';

/** So much below the split's limits a merged shard must stay. */
const mergedFractionMax = 0.5;

export function fitSizes(draft: Draft): void {
  const { autoSplit, autoMerge } = draft.view.settings.balancer;
  const changed = autoSplit.enabled ? splitLarge(draft) : new Set<number>();
  if (autoMerge.enabled) mergeTiny(draft, changed);
}

function splitLarge(draft: Draft): Set<number> {
  const { bytes, requestsPerSecond: rate, shardsMax } = draft.view.settings.balancer.autoSplit;
  const split = new Set<number>();
  let count = draft.view.shards.length;
  for (const shard of draft.view.shards) {
    const { statistics } = shard;
    if (statistics === undefined) continue;
    const large = statistics.bytes > bytes;
    const busy = requestsPerSecond(statistics) > rate;
    if (!large && !busy) continue;
    const obstacle = obstacleToSplit(draft, shard, count >= shardsMax);
    if (obstacle !== undefined) {
      draft.warn(`Shard ${shard.group} should be split and is not: ${obstacle}`);
      continue;
    }
    const because = large
      ? `The shard holds ${statistics.bytes} bytes; above ${bytes} it is split.`
      : `The shard serves ${Math.round(requestsPerSecond(statistics))} requests a second; ` +
        `above ${rate} it is split.`;
    splitShard(draft, { group: shard.group }, because);
    split.add(shard.group);
    count += 1;
  }
  return split;
}

function obstacleToSplit(draft: Draft, shard: ViewShard, full: boolean): string | undefined {
  if (!canBeCut(shard)) return 'it is a single hash. Spread its keys over more hash tags.';
  if (full) return 'there are as many shards as automatic splits may make.';
  return shardRules(draft, shard).find(({ decision }) => decision !== 'yes')?.because;
}

function mergeTiny(draft: Draft, changed: ReadonlySet<number>): void {
  const { shardsMin } = draft.view.settings.balancer.autoMerge;
  let count = draft.view.shards.length;
  let left: ViewShard | undefined;
  for (const shard of draft.view.shards) {
    const merges =
      left !== undefined &&
      count > shardsMin &&
      !changed.has(left.group) &&
      !changed.has(shard.group) &&
      isTinyPair(draft.view, left, shard) &&
      isFree(draft, left) &&
      isFree(draft, shard) &&
      incomplete(draft, left) === undefined &&
      pinnedAway(draft, shard.group) === undefined;
    if (left !== undefined && merges) {
      const pair = { left: left.group, right: shard.group };
      mergeShards(draft, pair, 'Both are small and quiet, and together they still are.');
      count -= 1;
    }
    // What has just been merged is left alone until it has been measured.
    left = merges ? undefined : shard;
  }
}

function isFree(draft: Draft, shard: ViewShard): boolean {
  return shardRules(draft, shard).every(({ decision }) => decision === 'yes');
}

function isTinyPair(view: ClusterView, left: ViewShard, right: ViewShard): boolean {
  const { autoSplit, autoMerge } = view.settings.balancer;
  const [a, b] = [left.statistics, right.statistics];
  if (a === undefined || b === undefined) return false;
  const quiet = [left, right].every(
    ({ rangeSinceMs }) =>
      rangeSinceMs === undefined || view.nowMs - rangeSinceMs >= autoMerge.quietMs,
  );
  const bytesMax = Math.min(autoMerge.bytes, autoSplit.bytes * mergedFractionMax);
  const rateMax = Math.min(
    autoMerge.requestsPerSecond,
    autoSplit.requestsPerSecond * mergedFractionMax,
  );
  return (
    quiet && a.bytes + b.bytes < bytesMax && requestsPerSecond(a) + requestsPerSecond(b) < rateMax
  );
}
