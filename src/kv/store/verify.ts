/**
 * What a `verify` command does to one shard: it hashes the next slice of the shard's rows. Where a
 * slice begins is part of the replicated state and where it ends follows from the rows, so every
 * replica hashes the same rows at the same applied index, unless its rows differ: and then so does
 * the hash, or the next one.
 */
import { firstId, type KeyRows, type WholeRow } from './key-rows.js';
import { RowHash } from './row-hash.js';
import type { ShardDraft } from './shard-draft.js';
import type { VerifyCommand, VerifyResult } from './types.js';

/** Both are part of the command's meaning: another limit is another version of the command. */
export const sliceBytesMax = 256 * 1024;
export const sliceRowsMax = 500;

export function verifySlice(
  shard: ShardDraft,
  command: VerifyCommand,
  at: { readonly rows: KeyRows; readonly index: number },
): VerifyResult {
  if (command.timeMs > shard.timeMs) shard.timeMs = command.timeMs;
  const shardRevision = shard.revision;
  if (command.rangeEpoch !== shard.rangeEpoch) return { outcome: 'wrong-epoch', shardRevision };
  const { start, end } = { start: firstId(shard.rangeStart), end: firstId(shard.rangeEnd) };
  // A split may have moved the range away from under a pass: then a new one begins.
  const from = shard.verifyId >= start && shard.verifyId < end ? shard.verifyId : start;
  const slice = hashSlice(at.rows.between(from, end));
  shard.verifyId = slice.nextId;
  const { hash, rows } = slice;
  const passEnds = slice.nextId === 0;
  return { outcome: 'verified', shardRevision, index: at.index, hash, rows, passEnds };
}

/** A row larger than a slice is one of its own. `nextId` 0: no row is left. */
function hashSlice(rows: Iterable<WholeRow>): { hash: bigint; rows: number; nextId: number } {
  const hash = new RowHash();
  let count = 0;
  let bytes = 0;
  let nextId = 0;
  for (const row of rows) {
    bytes += row.key.length + row.content_type.length + row.value.length;
    if (count === sliceRowsMax || (count > 0 && bytes > sliceBytesMax)) {
      nextId = row.id;
      break;
    }
    hash.row(row);
    count += 1;
  }
  // Where the slice ends is hashed too: a row that only one replica has at the border shows now.
  hash.numbers(count, nextId);
  return { hash: hash.digest(), rows: count, nextId };
}
