/** Reads a shard's rows out of SQLite beside the node that owns them, without its help. */
import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import type { HashRange, ShardState } from '../../src/kv/store/types.js';
import type { StateRow } from './observer.js';

interface Row {
  readonly id: number;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly content_type: string;
  readonly revision: number;
  readonly expires: number;
}

const serialsPerHash = 2 ** 20;

export function stateRows(file: string, range: HashRange): readonly StateRow[] {
  return read(file, range).map(({ key, value, content_type, revision, expires }) => ({
    key,
    value,
    contentType: content_type,
    revision,
    expires,
  }));
}

/** Over everything in which two replicas at one applied index must be equal. */
export function stateHash(file: string, shard: ShardState): string {
  const { range, revision, epoch, applied, timeMs } = shard;
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ range, revision, epoch, applied, timeMs }));
  for (const row of read(file, range)) {
    hash.update(JSON.stringify([row.id, row.content_type, row.revision, row.expires]));
    hash.update(`${row.key.length} ${row.value.length} `);
    hash.update(row.key);
    hash.update(row.value);
  }
  return hash.digest('hex');
}

function read(file: string, { start, end }: HashRange): Row[] {
  const db = new Database(file, { readonly: true, timeout: 0 });
  try {
    return db
      .prepare<[number, number], Row>(
        `SELECT id, key, value, content_type, revision, expires FROM kv
         WHERE id >= ? AND id < ? ORDER BY id`,
      )
      .all(start * serialsPerHash, end * serialsPerHash);
  } finally {
    db.close();
  }
}
