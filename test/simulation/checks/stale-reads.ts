/**
 * A stale read says how old its state may be, and that must be true: whatever was acknowledged
 * before that is in it. What it shows must also have been the state of the shard at one moment.
 */
import type { Operation } from '../../../jepsen-lite/checker/index.js';
import { tell } from '../../../jepsen-lite/history/tell.js';

/** Times are small differences of large numbers. */
const roundingNs = 1_000;

/** The first violation in words, or undefined. */
export function dishonestStaleRead(operations: readonly Operation[]): string | undefined {
  const writes = operations.filter(
    ({ f, status, facts }) =>
      (f === 'put' || f === 'delete') &&
      status === 'ok' &&
      facts.outcome !== 'precondition-failed' &&
      facts.outcome !== 'absent',
  );
  const floors = acknowledged(writes);
  const keys = byKey(writes);
  const lostDeletes = byKey(
    operations.filter(({ f, status }) => f === 'delete' && status === 'unknown'),
  );
  for (const read of operations) {
    if (read.consistency !== 'stale' || read.status !== 'ok') continue;
    const ofKey = keys.get(read.key ?? '') ?? [];
    const broken =
      tooOld(read, floors) ??
      notOfOneMoment(read, ofKey) ??
      lost(read, ofKey, lostDeletes.get(read.key ?? '') ?? []);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** Per shard, in the order of the answers: the write of the highest revision so far. */
function acknowledged(writes: readonly Operation[]): Map<number, Operation[]> {
  const floors = new Map<number, Operation[]>();
  for (const write of [...writes].sort((a, b) => a.completedAt - b.completedAt)) {
    const ofShard = floors.get(write.facts.shard ?? 0) ?? [];
    floors.set(write.facts.shard ?? 0, ofShard);
    const before = ofShard.at(-1);
    if (before === undefined || revisionOf(write) > revisionOf(before)) ofShard.push(write);
  }
  return floors;
}

function tooOld(
  read: Operation,
  floors: ReadonlyMap<number, readonly Operation[]>,
): string | undefined {
  const { shard, stalenessMs, clockErrorMs = 0 } = read.facts;
  if (stalenessMs === undefined) return undefined;
  const currentNs = read.completedNs - (stalenessMs + clockErrorMs) * 1e6 - roundingNs;
  const due = (floors.get(shard ?? 0) ?? []).findLast(({ completedNs }) => completedNs < currentNs);
  if (due === undefined || revisionOf(due) <= revisionOf(read)) return undefined;
  return `${tell(read)} lacks ${tell(due)}, which is older than that`;
}

/** By the acknowledged writes alone: others may have changed the key, and then it shows them. */
function notOfOneMoment(read: Operation, writes: readonly Operation[]): string | undefined {
  const { revision, shardRevision = 0 } = read.facts;
  if (revision !== undefined && revision > shardRevision) {
    return `${tell(read)}, a revision that its shard has not reached`;
  }
  const latest = latestUpTo(writes, shardRevision);
  if (latest === undefined) return undefined;
  if (revision === undefined) return undefined;
  const skipped = revisionOf(latest) > revision;
  const other = revisionOf(latest) === revision && latest.asked !== read.answered;
  return skipped || other ? `${tell(read)}, but at that revision stood ${tell(latest)}` : undefined;
}

/** Nothing is found, where something was written and nobody can have deleted it. */
function lost(
  read: Operation,
  writes: readonly Operation[],
  lostDeletes: readonly Operation[],
): string | undefined {
  const { shardRevision = 0 } = read.facts;
  const latest = latestUpTo(writes, shardRevision);
  if (read.answered !== null || latest?.f !== 'put') return undefined;
  if (lostDeletes.some(({ invokedAt }) => invokedAt < read.completedAt)) return undefined;
  return `${tell(read)}, but at that revision stood ${tell(latest)}`;
}

function byKey(operations: readonly Operation[]): Map<string, Operation[]> {
  const keys = new Map<string, Operation[]>();
  for (const operation of operations) {
    const ofKey = keys.get(operation.key ?? '');
    if (ofKey === undefined) keys.set(operation.key ?? '', [operation]);
    else ofKey.push(operation);
  }
  return keys;
}

function latestUpTo(writes: readonly Operation[], revision: number): Operation | undefined {
  let latest: Operation | undefined;
  for (const write of writes) {
    if (revisionOf(write) > revision) continue;
    if (latest === undefined || revisionOf(write) > revisionOf(latest)) latest = write;
  }
  return latest;
}

function revisionOf({ facts }: Operation): number {
  return facts.shardRevision ?? 0;
}
