/**
 * The rows of table `kv`: where a key is found, put and removed, in as few SQLite calls as can be.
 *
 * Rows of one hash have the ids `hash * 2^20 + serial` with **dense** serials 0, 1, ... n-1: a new
 * key takes serial n, and a removal moves the last row into the hole. So "is there room" and
 * "which serial is free" cost one seek, never a scan, and "serial 0 is free" means that no key has
 * this hash. Nearly every hash has one key; hash tags are the exception.
 */
import type { Database, Statement } from 'better-sqlite3';
import { invariant } from '../../raft/core/invariant.js';
import { keysPerHashMax } from './schema.js';
import type { Revision } from './types.js';

export interface FoundRow {
  readonly id: number;
  readonly revision: Revision;
  readonly expires: number;
}

export interface FoundValue {
  readonly revision: Revision;
  readonly expires: number;
  readonly content_type: string;
  readonly value: Buffer;
}

export interface NewRow {
  readonly hash: number;
  readonly key: Buffer;
  readonly revision: Revision;
  readonly expires: number;
  readonly contentType: string;
  readonly value: Buffer;
}

/** A row as it is hashed and copied. */
export interface WholeRow {
  readonly id: number;
  readonly key: Buffer;
  readonly revision: Revision;
  readonly expires: number;
  /** UTF-8. */
  readonly content_type: Buffer;
  readonly value: Buffer;
}

/** Row ids, from one to before another. */
export interface IdRange {
  readonly fromId: number;
  readonly endId: number;
}

export interface Erased {
  readonly rows: number;
  readonly bytes: number;
  readonly nextId: number | undefined;
}

/** The columns of a WholeRow, to select by. */
export const wholeRow =
  'id, key, revision, expires, CAST(content_type AS BLOB) AS content_type, value';

type Cells = [revision: number, expires: number, contentType: string, value: Buffer];

export class KeyRows {
  readonly #findById: Statement<[number, Buffer], FoundRow>;
  readonly #findByKey: Statement<[Buffer], FoundRow>;
  readonly #getById: Statement<[number, Buffer], FoundValue>;
  readonly #getByKey: Statement<[Buffer], FoundValue>;
  readonly #replaceLiveById: Statement<[...Cells, number, Buffer, number]>;
  readonly #replaceLiveByKey: Statement<[...Cells, Buffer, number]>;
  readonly #replace: Statement<[...Cells, number]>;
  readonly #insert: Statement<[number, Buffer, ...Cells]>;
  readonly #lastId: Statement<[number, number], number>;
  readonly #remove: Statement<[number]>;
  readonly #move: Statement<[number, number]>;
  readonly #count: Statement<[number, number], number>;
  readonly #between: Statement<[number, number], WholeRow>;
  readonly #sizes: Statement<[number, number, number], { id: number; bytes: number }>;
  readonly #erase: Statement<[number, number]>;
  readonly #copy: Statement<[number, Buffer, number, number, Buffer, Buffer]>;

  constructor(db: Database) {
    const found = 'SELECT id, revision, expires FROM kv WHERE';
    const value = 'SELECT revision, expires, content_type, value FROM kv WHERE';
    const set = 'UPDATE kv SET revision = ?, expires = ?, content_type = ?, value = ? WHERE';
    const live = '(expires = 0 OR expires > ?)';
    this.#findById = db.prepare(`${found} id = ? AND key = ?`);
    this.#findByKey = db.prepare(`${found} key = ?`);
    this.#getById = db.prepare(`${value} id = ? AND key = ?`);
    this.#getByKey = db.prepare(`${value} key = ?`);
    this.#replaceLiveById = db.prepare(`${set} id = ? AND key = ? AND ${live}`);
    this.#replaceLiveByKey = db.prepare(`${set} key = ? AND ${live}`);
    this.#replace = db.prepare(`${set} id = ?`);
    this.#insert = db.prepare(
      `INSERT OR IGNORE INTO kv (id, key, revision, expires, content_type, value)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#lastId = db
      .prepare<[number, number], number>(
        'SELECT id FROM kv WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1',
      )
      .pluck();
    this.#remove = db.prepare('DELETE FROM kv WHERE id = ?');
    this.#move = db.prepare('UPDATE kv SET id = ? WHERE id = ?');
    this.#count = db
      .prepare<[number, number], number>('SELECT count(*) FROM kv WHERE id >= ? AND id < ?')
      .pluck();
    this.#between = db.prepare(`SELECT ${wholeRow} FROM kv WHERE id >= ? AND id < ? ORDER BY id`);
    // The length of a blob is in the row's head: the value itself is not read.
    this.#sizes = db.prepare(
      `SELECT id, length(key) + length(value) AS bytes FROM kv
       WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
    );
    this.#erase = db.prepare('DELETE FROM kv WHERE id >= ? AND id <= ?');
    this.#copy = db.prepare(
      `INSERT INTO kv (id, key, revision, expires, content_type, value)
       VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?)`,
    );
  }

  find(hash: number, key: Buffer): FoundRow | undefined {
    return this.#findById.get(firstId(hash), key) ?? this.#findByKey.get(key);
  }

  get(hash: number, key: Buffer): FoundValue | undefined {
    return this.#getById.get(firstId(hash), key) ?? this.#getByKey.get(key);
  }

  /** Without a condition the old row need not be looked at first: one call for most overwrites. */
  putAlways(row: NewRow, timeMs: number): 'created' | 'replaced' | 'tag-full' {
    const { hash, key, revision, expires, contentType, value } = row;
    const id = firstId(hash);
    const replaced = this.#replaceLiveById.run(
      revision,
      expires,
      contentType,
      value,
      id,
      key,
      timeMs,
    );
    if (replaced.changes > 0) return 'replaced';
    // Serial 0 free means no key of this hash; taken means a hash tag, a collision or expiry.
    const created = this.#insert.run(id, key, revision, expires, contentType, value);
    if (created.changes > 0) return 'created';
    const tagged = this.#replaceLiveByKey.run(revision, expires, contentType, value, key, timeMs);
    if (tagged.changes > 0) return 'replaced';
    return this.putOver(this.find(hash, key), row) ? 'created' : 'tag-full';
  }

  /** Writes over `old`, live or expired, or a new row. False: the hash has no room for one. */
  putOver(old: FoundRow | undefined, row: NewRow): boolean {
    const { hash, key, revision, expires, contentType, value } = row;
    if (old !== undefined) {
      this.#replace.run(revision, expires, contentType, value, old.id);
      return true;
    }
    const last = this.#lastId.get(firstId(hash), firstId(hash + 1));
    const id = last === undefined ? firstId(hash) : last + 1;
    if (id === firstId(hash + 1)) return false;
    const inserted = this.#insert.run(id, key, revision, expires, contentType, value);
    invariant(inserted.changes === 1, `row ${id} was free and its key absent`);
    return true;
  }

  remove(hash: number, row: FoundRow): void {
    const last = this.#lastId.get(firstId(hash), firstId(hash + 1));
    invariant(last !== undefined && last >= row.id, `row ${row.id} lies among those of its hash`);
    this.#remove.run(row.id);
    if (last !== row.id) this.#move.run(row.id, last);
  }

  /** Rows with `start <= hash < end`, expired ones included. Scans. */
  count(start: number, end: number): number {
    return this.#count.get(firstId(start), firstId(end)) ?? 0;
  }

  /** Rows by id, from one to before another. Nothing else can be asked or changed in between. */
  between(id: number, endId: number): IterableIterator<WholeRow> {
    return this.#between.iterate(id, endId);
  }

  /** A row of a snapshot, with its id. Throws when the id or the key is taken. */
  copy(row: WholeRow): void {
    this.#copy.run(row.id, row.key, row.revision, row.expires, row.content_type, row.value);
  }

  /** True when any row has such an id. One seek. */
  any(ids: IdRange): boolean {
    return this.#sizes.get(ids.fromId, ids.endId, 1) !== undefined;
  }

  /** Removes the first rows, one at least. `nextId` is undefined when none is left. */
  erase(ids: IdRange, most: { readonly rows: number; readonly bytes: number }): Erased {
    let lastId = ids.fromId;
    let bytes = 0;
    let rows = 0;
    for (const row of this.#sizes.all(ids.fromId, ids.endId, most.rows)) {
      if (rows > 0 && bytes + row.bytes > most.bytes) break;
      lastId = row.id;
      bytes += row.bytes;
      rows += 1;
    }
    if (rows > 0) this.#erase.run(ids.fromId, lastId);
    const next = { fromId: lastId + 1, endId: ids.endId };
    return { rows, bytes, nextId: rows > 0 && this.any(next) ? next.fromId : undefined };
  }
}

/** The first row id of a hash: where its range of ids begins. */
export function firstId(hash: number): number {
  return hash * keysPerHashMax;
}
