/**
 * A snapshot is a SQLite file: one shard's row and rows as of one transaction (DESIGN.md,
 * "Snapshots"). Here is its format, and how one is read and checked; `snapshot-maker.ts` makes it.
 *
 * It has a rollback journal's format and no journal: it is written once, by nobody else, and not
 * changed afterwards.
 */
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import { type WholeRow, wholeRow } from './key-rows.js';
import type { ShardRow } from './shard-draft.js';

/** 'Kvrs': what `file` and SQLite call the application id. */
export const snapshotApplicationId = 0x4b767273;
export const snapshotFormat = 1;

/** The columns of `shards` that a state takes with it; how it stands here is not among them. */
export const shardColumns = `group_id, range_start, range_end, epoch_range, epoch_members, revision,
  applied, applied_term, time_ms, verify_id`;

/** No index on `key`: it would cost as much as the rows, and the receiver builds its own. */
export const snapshotTables = `
  CREATE TABLE snapshot.meta (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshot.shards (
    group_id INTEGER PRIMARY KEY NOT NULL,
    range_start INTEGER NOT NULL,
    range_end INTEGER NOT NULL,
    epoch_range INTEGER NOT NULL,
    epoch_members INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    applied_term INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    verify_id INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE snapshot.kv (
    id INTEGER PRIMARY KEY NOT NULL,
    key BLOB NOT NULL,
    revision INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
`;

export interface SnapshotHeader {
  readonly cluster: string;
  /** The hash of a fixed key, as in `state.db`. */
  readonly hashProbe: string;
  readonly shard: Omit<ShardRow, 'standing'>;
  readonly rows: number;
}

export interface FileSum {
  readonly bytes: number;
  /** CRC-32. */
  readonly checksum: number;
}

const readBytes = 1024 * 1024;

/** Reads the whole file; blocks. */
export function sumOf(file: string): FileSum {
  const descriptor = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(readBytes);
    let checksum = 0;
    let bytes = 0;
    for (;;) {
      const count = fs.readSync(descriptor, buffer, 0, readBytes, bytes);
      if (count === 0) return { bytes, checksum };
      checksum = crc32(buffer.subarray(0, count), checksum);
      bytes += count;
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

export interface CheckedFile extends FileSum {
  readonly header: SnapshotHeader;
}

/** Reads the whole file and its header; blocks. Throws SnapshotError if it is no snapshot. */
export function checkSnapshot(file: string): CheckedFile {
  const sum = sumOf(file);
  const reader = new SnapshotReader(file);
  try {
    return { ...sum, header: reader.header };
  } finally {
    reader.close();
  }
}

/** An open snapshot file: its header, and its rows once, in order. */
export class SnapshotReader {
  readonly header: SnapshotHeader;
  readonly #db: Database.Database;
  readonly #rows: IterableIterator<WholeRow>;

  /** Throws SnapshotError when it is not a snapshot that this version can read. */
  constructor(file: string) {
    this.#db = reading(file, () => new Database(file, { readonly: true, timeout: 0 }));
    try {
      this.header = reading(file, () => readHeader(this.#db, file));
      const rows = `SELECT ${wholeRow} FROM kv ORDER BY id`;
      this.#rows = reading(file, () => this.#db.prepare<[], WholeRow>(rows).iterate());
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  next(): WholeRow | undefined {
    return reading(this.#db.name, () => {
      const { done, value } = this.#rows.next();
      return done === true ? undefined : value;
    });
  }

  close(): void {
    this.#rows.return?.();
    this.#db.close();
  }
}

function readHeader(db: Database.Database, file: string): SnapshotHeader {
  if (db.pragma('application_id', { simple: true }) !== snapshotApplicationId) {
    throw new SnapshotError('refused', `${file}: it is not a snapshot`);
  }
  const read = db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck();
  const format = read.get('format');
  if (format !== String(snapshotFormat)) {
    const versions = `format ${format}, and this version reads ${snapshotFormat}`;
    throw new SnapshotError(
      'refused',
      `${file}: it is a snapshot of another version (${versions})`,
    );
  }
  const [shard, ...more] = db
    .prepare<[], SnapshotHeader['shard']>(`SELECT ${shardColumns} FROM shards`)
    .all();
  if (shard === undefined || more.length > 0) {
    throw new SnapshotError('refused', `${file}: it is a snapshot of ${more.length} shards`);
  }
  return {
    cluster: read.get('cluster') ?? '',
    hashProbe: read.get('hash-probe') ?? '',
    shard,
    rows: Number(read.get('rows')),
  };
}

/** Whatever SQLite finds wrong in a snapshot file is wrong with that file alone. */
function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SnapshotError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SnapshotError('refused', `${file}: it cannot be read: ${message}`, cause);
  }
}
