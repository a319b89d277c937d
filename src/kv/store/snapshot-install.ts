/**
 * Replaces a shard's state by that of a snapshot file, step by step:
 *
 * 1. the shard is marked `installing`: from here on its rows are no state;
 * 2. the old rows go, in many small transactions;
 * 3. the new ones come, likewise;
 * 4. one last transaction sets range, epochs, revision, applied index and term, time and cursor,
 *    and takes the mark away.
 *
 * SQLite's log keeps the order of commits, so a crash or a power cut leaves the old state, or the
 * mark. Done again from step 1 on, the same file leads to the same state.
 */
import type { GroupId } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import { firstId, type WholeRow } from './key-rows.js';
import type { RowSteps, StepBudget } from './row-steps.js';
import { isRangeOfPlaces, Standing } from './schema.js';
import { ShardDraft } from './shard-draft.js';
import type { ShardTable } from './shard-table.js';
import type { SnapshotReader } from './snapshot-file.js';
import type { StateDatabase } from './state-database.js';
import type { HashRange } from './types.js';

export interface InstallParts {
  readonly steps: RowSteps;
  readonly shards: ShardTable;
  readonly hash: (key: Buffer) => number;
}

const action = 'install a snapshot';

/** Resolves with the new state, visible and not yet durable. */
export async function installSnapshot(
  parts: InstallParts,
  reader: SnapshotReader,
  group: GroupId,
): Promise<ShardDraft> {
  const { steps, shards } = parts;
  const old = await markInstalling(parts, reader, group);
  const check = () => {
    if (shards.get(group) === old && old.standing === Standing.installing) return;
    throw new SnapshotError('abandoned', `group ${group} was dropped`);
  };
  await steps.erase(action, { start: old.rangeStart, end: old.rangeEnd }, check);
  await copyRows(parts, reader, check);
  let installed = old;
  await steps.step(action, ({ shardRows }) => {
    check();
    installed = new ShardDraft({ ...reader.header.shard, standing: Standing.whole });
    shardRows.update(installed);
  });
  // Another object than before: what was noted of the old state says nothing of this one.
  installed.durable = Math.min(old.durable, installed.applied - 1);
  shards.remove(old);
  shards.set(installed);
  shards.committed(installed);
  return installed;
}

async function markInstalling(
  { steps, shards }: InstallParts,
  reader: SnapshotReader,
  group: GroupId,
): Promise<ShardDraft> {
  // A group without a state gets a row that claims nothing but the range.
  const { range_start, range_end } = reader.header.shard;
  checkRange({ start: range_start, end: range_end }, group);
  const claim = { ...nothing, group_id: group, range_start, range_end };
  const shard = shards.get(group) ?? new ShardDraft(claim);
  const known = shards.get(group) !== undefined;
  await steps.step(action, ({ shardRows }) => {
    if (shard.standing === Standing.dropping) {
      throw new SnapshotError('abandoned', `group ${group} is being dropped`);
    }
    // All hashes of before and after: until the end the rows there, whichever, are this shard's.
    const start = Math.min(shard.rangeStart, range_start);
    const end = Math.max(shard.rangeEnd, range_end);
    checkDisjoint(shards, { start, end }, group);
    shard.rangeStart = start;
    shard.rangeEnd = end;
    shard.standing = Standing.installing;
    if (known) shardRows.update(shard);
    else shardRows.insert(shard);
  });
  shards.set(shard);
  return shard;
}

const nothing = {
  epoch_range: 0,
  epoch_members: 0,
  revision: 0,
  applied: 0,
  applied_term: 0,
  time_ms: 0,
  verify_id: 0,
  standing: Standing.installing,
};

/** One row is always read ahead, so that a step can end before a row that is too large for it. */
async function copyRows(
  { steps, hash }: InstallParts,
  reader: SnapshotReader,
  check: () => void,
): Promise<void> {
  const { shard } = reader.header;
  const range = { start: shard.range_start, end: shard.range_end };
  let row = reader.next();
  let copied = 0;
  const copySome = ({ rows }: StateDatabase, budget: StepBudget) => {
    check();
    while (row !== undefined && budget.room()) {
      const bytes = row.key.length + row.content_type.length + row.value.length;
      if (budget.exceededBy(bytes)) return;
      checkPlace(row, hash(row.key), range);
      put(row, () => row !== undefined && rows.copy(row));
      budget.spend(1, bytes);
      copied += 1;
      row = reader.next();
    }
  };
  while (row !== undefined) await steps.step(action, copySome);
  if (copied !== reader.header.rows) {
    const words = `${copied} rows instead of ${reader.header.rows}`;
    throw new SnapshotError('refused', `the snapshot of group ${shard.group_id} has ${words}`);
  }
}

/** A row in a wrong place would be found by nobody, or belong to another shard. */
function checkPlace(row: WholeRow, hash: number, range: HashRange): void {
  const placed = row.id >= firstId(hash) && row.id < firstId(hash + 1);
  if (placed && hash >= range.start && hash < range.end) return;
  throw new SnapshotError('refused', `row ${row.id} of the snapshot is not where its key belongs`);
}

/** A key twice is the snapshot's fault, not that of the disk here. */
function put(row: WholeRow, copy: () => void): void {
  try {
    copy();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (!code.startsWith('SQLITE_CONSTRAINT')) throw cause;
    const words = `row ${row.id} of the snapshot, or its key, is there already`;
    throw new SnapshotError('refused', words, cause);
  }
}

function checkRange({ start, end }: HashRange, group: GroupId): void {
  if (isRangeOfPlaces(start, end)) return;
  const words = `${start} to ${end} is no range of hashes`;
  throw new SnapshotError('refused', `the snapshot of group ${group}: ${words}`);
}

function checkDisjoint(shards: ShardTable, range: HashRange, group: GroupId): void {
  const other = shards.overlapping(range, group);
  if (other === undefined) return;
  const words = `covers hashes that belong to group ${other.group} here`;
  throw new SnapshotError('refused', `the snapshot of group ${group} ${words}`);
}
