/**
 * Changes a row of a node's state at rest, in a way that neither SQLite nor the row itself shows.
 * Only cold rows, which no client reads: a read of a damaged row before the replicas are compared
 * is wrong, and nobody can help it.
 */
import fs from 'node:fs';
import Database from 'better-sqlite3';
import { hashOf } from '../../src/kv/shard/hash.js';
import type { Shard } from '../../src/kv/shard/shard-map.js';

const coldKeysPerShard = 3;
const prefix = 'cold';

/** Keys of the shard that are written once, at the beginning, and never read. */
export function coldKeys({ range }: Shard): readonly string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < coldKeysPerShard; i += 1) {
    const key = `${prefix}-${i}`;
    const hash = hashOf(Buffer.from(key));
    if (hash >= range.start && hash < range.end) keys.push(key);
  }
  return keys;
}

/** True when there was such a row. The node must be down. */
export function damageState(file: string, shard: Shard, pick: number): boolean {
  if (!fs.existsSync(file)) return false;
  const keys = coldKeys(shard);
  const key = keys[Math.floor(pick * keys.length)] ?? '';
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('wal_autocheckpoint = 0');
    const damage = db.prepare<[Buffer, Buffer]>('UPDATE kv SET value = ? WHERE key = ?');
    return damage.run(Buffer.from('damaged'), Buffer.from(key)).changes > 0;
  } finally {
    db.close();
  }
}
