/**
 * What one command does to one shard: the deterministic heart of the state machine. Every replica
 * must reach the same result from the same log, so nothing here may depend on a clock, on the
 * order of rows, or on anything but the shard's own replicated state.
 */
import type { FoundRow, KeyRows } from './key-rows.js';
import type { ShardDraft } from './shard-draft.js';
import type { Condition, PutCommand, WriteCommand, WriteResult } from './types.js';

export function applyWrite(
  shard: ShardDraft,
  command: WriteCommand,
  at: { readonly rows: KeyRows; readonly hash: number },
): WriteResult {
  // Also refused commands carry time: a shard's time must not depend on why they were refused.
  if (command.timeMs > shard.timeMs) shard.timeMs = command.timeMs;
  if (command.rangeEpoch !== shard.rangeEpoch || !shard.covers(at.hash)) {
    return { outcome: 'wrong-epoch', shardRevision: shard.revision };
  }
  return command.type === 'put' ? put(shard, command, at) : remove(shard, command, at);
}

interface Place {
  readonly rows: KeyRows;
  readonly hash: number;
}

function put(shard: ShardDraft, command: PutCommand, { rows, hash }: Place): WriteResult {
  const { condition, key, value, contentType } = command;
  const revision = shard.revision + 1;
  const row = { hash, key, revision, expires: command.expiresMs, contentType, value };
  let outcome: 'created' | 'replaced' | 'tag-full';
  if (condition.ifMatch === undefined && condition.ifNoneMatch === undefined) {
    outcome = rows.putAlways(row, shard.timeMs);
  } else {
    const old = rows.find(hash, key);
    const live = alive(old, shard.timeMs);
    if (!holds(condition, live)) return failed(shard, live);
    const created = live === undefined ? 'created' : 'replaced';
    outcome = rows.putOver(old, row) ? created : 'tag-full';
  }
  if (outcome !== 'tag-full') shard.revision = revision;
  return { outcome, shardRevision: shard.revision };
}

function remove(shard: ShardDraft, command: WriteCommand, { rows, hash }: Place): WriteResult {
  const live = alive(rows.find(hash, command.key), shard.timeMs);
  if (!holds(command.condition, live)) return failed(shard, live);
  // An expired row stays until the log says to remove it: nothing a client sees depends on it.
  if (live === undefined) return { outcome: 'absent', shardRevision: shard.revision };
  rows.remove(hash, live);
  shard.revision += 1;
  return { outcome: 'deleted', shardRevision: shard.revision };
}

/** RFC 9110, section 13.2.2: If-Match first; If-None-Match only when that holds. */
function holds(condition: Condition, live: FoundRow | undefined): boolean {
  const { ifMatch, ifNoneMatch } = condition;
  if (ifMatch !== undefined) {
    if (live === undefined) return false;
    if (ifMatch !== '*' && ifMatch !== live.revision) return false;
  }
  if (ifNoneMatch === undefined || live === undefined) return true;
  return ifNoneMatch !== '*' && ifNoneMatch !== live.revision;
}

function alive(row: FoundRow | undefined, timeMs: number): FoundRow | undefined {
  return row === undefined || isExpired(row.expires, timeMs) ? undefined : row;
}

export function isExpired(expires: number, timeMs: number): boolean {
  return expires !== 0 && expires <= timeMs;
}

function failed(shard: ShardDraft, live: FoundRow | undefined): WriteResult {
  return {
    outcome: 'precondition-failed',
    shardRevision: shard.revision,
    current: live?.revision,
  };
}
