/**
 * Keys of given shards, for tests that must touch every shard or one certain leader.
 */
import { hashOf } from '../../src/kv/shard/hash.js';
import { equalRanges } from '../../src/kv/shard/range.js';

/** The key's shard in a cluster of `shards` equal ones: groups are numbered from 1. */
export function shardOfKey(key: string, shards: number): number {
  const hash = hashOf(Buffer.from(key));
  return equalRanges(shards).findIndex(({ start, end }) => start <= hash && hash < end) + 1;
}

export function keyInShard(shard: number, shards: number, prefix = 'key'): string {
  for (let i = 0; ; i += 1) {
    const key = `${prefix}-${i}`;
    if (shardOfKey(key, shards) === shard) return key;
  }
}

/** One key of each shard. */
export function keyPerShard(shards: number, prefix = 'key'): string[] {
  return Array.from({ length: shards }, (_, index) => keyInShard(index + 1, shards, prefix));
}
