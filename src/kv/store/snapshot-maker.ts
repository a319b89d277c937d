/**
 * Makes a snapshot file: blocking work for a thread, by a connection of its own. One read
 * transaction copies the shard's row and rows into an attached file; the node goes on writing
 * meanwhile, into a log of SQLite's that cannot be restarted before the transaction ends. So it
 * has a time limit.
 */
import fs from 'node:fs';
import Database, { type Statement } from 'better-sqlite3';
import type { GroupId } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFile } from '../../raft/snapshots/types.js';
import { firstId } from './key-rows.js';
import { pageBytes, Standing } from './schema.js';
import type { ShardRow } from './shard-draft.js';
import {
  shardColumns,
  snapshotApplicationId,
  snapshotFormat,
  snapshotTables,
  sumOf,
} from './snapshot-file.js';

export interface MakeRequest {
  /** `state.db`. */
  readonly stateFile: string;
  /** A path where nothing is yet. */
  readonly target: string;
  readonly group: GroupId;
  readonly timeMsMax: number;
}

export interface MakerSurroundings {
  readonly nowMs: () => number;
  /** Asked between two steps: true ends the work. */
  readonly aborted: () => boolean;
}

/** Synced so often that no single sync keeps those of the Raft log waiting (design, section 5). */
const syncBytes = 4 * 1024 * 1024;
/** Rows looked at together when the next piece to copy is measured. */
const rowsPerLook = 64;
const cacheKilobytes = 2048;

interface Measured {
  readonly lastId: number | null;
  readonly bytes: number | null;
}

/** Nothing of the target is left when it throws. */
export function makeSnapshot(request: MakeRequest, around: MakerSurroundings): SnapshotFile {
  const { stateFile, target } = request;
  try {
    fs.writeFileSync(target, '', { flag: 'wx' });
    const descriptor = fs.openSync(target, 'r');
    try {
      const db = new Database(stateFile, { fileMustExist: true, timeout: 0 });
      try {
        const { applied, applied_term } = copyShard(db, request, { ...around, descriptor });
        return { index: applied, term: applied_term, ...sumOf(target) };
      } finally {
        db.close();
      }
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    fs.rmSync(target, { force: true });
    throw error;
  }
}

function copyShard(
  db: Database.Database,
  request: MakeRequest,
  at: MakerSurroundings & { readonly descriptor: number },
): ShardRow {
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`cache_size = -${cacheKilobytes}`);
  db.prepare('ATTACH ? AS snapshot').run(request.target);
  db.pragma(`snapshot.page_size = ${pageBytes}`);
  // Whoever finds a half written file removes it; a journal would only double the work.
  db.pragma('snapshot.journal_mode = OFF');
  db.pragma('snapshot.synchronous = OFF');
  db.pragma(`snapshot.cache_size = -${cacheKilobytes}`);
  db.pragma(`snapshot.application_id = ${snapshotApplicationId}`);
  db.exec(snapshotTables);
  db.exec('BEGIN');
  const shard = readShard(db, request.group);
  const rows = copyRows(db, shard, { ...at, timeMsMax: request.timeMsMax });
  db.exec(`INSERT INTO snapshot.shards SELECT ${shardColumns} FROM main.shards
    WHERE group_id = ${shard.group_id}`);
  db.exec(`INSERT INTO snapshot.meta SELECT name, value FROM main.meta
    WHERE name IN ('cluster', 'hash-probe')`);
  const meta = db.prepare('INSERT INTO snapshot.meta (name, value) VALUES (?, ?)');
  meta.run('format', String(snapshotFormat));
  meta.run('rows', String(rows));
  db.exec('COMMIT');
  db.exec('DETACH snapshot');
  fs.fdatasyncSync(at.descriptor);
  return shard;
}

function readShard(db: Database.Database, group: GroupId): ShardRow {
  const shard = db
    .prepare<[number], ShardRow>('SELECT * FROM main.shards WHERE group_id = ?')
    .get(group);
  if (shard === undefined || shard.standing !== Standing.whole) {
    throw new SnapshotError('no-state', `group ${group} has no whole state here`);
  }
  if (shard.applied_term === 0) {
    const where = `the term of entry ${shard.applied}`;
    throw new SnapshotError('no-state', `group ${group} has applied nothing yet: no ${where}`);
  }
  return shard;
}

/** Copies in pieces of a few megabytes and syncs each. Returns how many rows there are. */
function copyRows(
  db: Database.Database,
  shard: ShardRow,
  at: MakerSurroundings & { readonly descriptor: number; readonly timeMsMax: number },
): number {
  const startMs = at.nowMs();
  const endId = firstId(shard.range_end);
  const look: Statement<[number, number], Measured> = db.prepare(
    `SELECT max(id) AS lastId, sum(bytes) AS bytes FROM
       (SELECT id, length(key) + length(value) AS bytes FROM main.kv
        WHERE id >= ? AND id < ? ORDER BY id LIMIT ${rowsPerLook})`,
  );
  const copy = db.prepare(
    `INSERT INTO snapshot.kv SELECT id, key, revision, expires, content_type, value FROM main.kv
     WHERE id >= ? AND id <= ? ORDER BY id`,
  );
  let rows = 0;
  let nextId = firstId(shard.range_start);
  for (;;) {
    if (at.aborted()) throw new SnapshotError('abandoned', 'the node stops');
    if (at.nowMs() - startMs >= at.timeMsMax) {
      const words = `the snapshot of group ${shard.group_id} is given up after ${rows} rows`;
      throw new SnapshotError('late', `${words}: it took longer than ${at.timeMsMax} ms`);
    }
    const lastId = pieceEnd(look, nextId, endId);
    if (lastId === undefined) return rows;
    rows += copy.run(nextId, lastId).changes;
    fs.fdatasyncSync(at.descriptor);
    nextId = lastId + 1;
  }
}

/** The last id of the next few megabytes; undefined when there are no more rows. */
function pieceEnd(
  look: Statement<[number, number], Measured>,
  fromId: number,
  endId: number,
): number | undefined {
  let lastId: number | undefined;
  let bytes = 0;
  while (bytes < syncBytes) {
    const more = look.get((lastId ?? fromId - 1) + 1, endId);
    if (more === undefined || more.lastId === null) break;
    lastId = more.lastId;
    bytes += more.bytes ?? 0;
  }
  return lastId;
}
