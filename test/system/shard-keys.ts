/**
 * Keys of given shards, for tests that must touch every shard or one certain leader.
 */
import { hashOf } from '../../src/kv/shard/hash.js';
import { equalRanges } from '../../src/kv/shard/range.js';

/** The key's shard in a cluster of `shards` equal ones: groups are numbered from 1. */
export function shardOfKey(key: string, shards: number): number {
  return shardFinder(shards)(key);
}

export function keyInShard(shard: number, shards: number, prefix = 'key'): string {
  const shardOf = shardFinder(shards);
  for (let i = 0; ; i += 1) {
    const key = `${prefix}-${i}`;
    if (shardOf(key) === shard) return key;
  }
}

/** One key of each shard, in the order of the shards. */
export function keyPerShard(shards: number, prefix = 'key'): string[] {
  const shardOf = shardFinder(shards);
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < shards; i += 1) {
    const key = `${prefix}-${i}`;
    const shard = shardOf(key);
    if (!keys.has(shard)) keys.set(shard, key);
  }
  return Array.from({ length: shards }, (_, index) => keys.get(index + 1) ?? '');
}

function shardFinder(shards: number): (key: string) => number {
  const ranges = equalRanges(shards);
  return (key) => {
    const hash = hashOf(Buffer.from(key));
    return ranges.findIndex(({ start, end }) => start <= hash && hash < end) + 1;
  };
}
