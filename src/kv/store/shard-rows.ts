/** The rows of table `shards`: read once at open, one update per changed shard and transaction. */
import type { Database, Statement } from 'better-sqlite3';
import type { ShardDraft, ShardRow } from './shard-draft.js';

export class ShardRows {
  readonly #all: Statement<[], ShardRow>;
  readonly #insert: Statement<number[]>;
  readonly #update: Statement<number[]>;
  readonly #remove: Statement<[number]>;

  constructor(db: Database) {
    this.#all = db.prepare('SELECT * FROM shards ORDER BY group_id');
    this.#insert = db.prepare(
      `INSERT INTO shards (range_start, range_end, epoch_range, epoch_members, revision,
         applied, applied_term, time_ms, verify_id, standing, group_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = db.prepare(
      `UPDATE shards SET range_start = ?, range_end = ?, epoch_range = ?, epoch_members = ?,
         revision = ?, applied = ?, applied_term = ?, time_ms = ?, verify_id = ?, standing = ?
       WHERE group_id = ?`,
    );
    this.#remove = db.prepare('DELETE FROM shards WHERE group_id = ?');
  }

  all(): readonly ShardRow[] {
    return this.#all.all();
  }

  insert(shard: ShardDraft): void {
    this.#insert.run(...cells(shard));
  }

  update(shard: ShardDraft): void {
    this.#update.run(...cells(shard));
  }

  remove(shard: ShardDraft): void {
    this.#remove.run(shard.group);
  }
}

function cells(shard: ShardDraft): number[] {
  return [
    shard.rangeStart,
    shard.rangeEnd,
    shard.rangeEpoch,
    shard.membersEpoch,
    shard.revision,
    shard.applied,
    shard.appliedTerm,
    shard.timeMs,
    shard.verifyId,
    shard.standing,
    shard.group,
  ];
}
