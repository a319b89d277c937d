/**
 * Stale reads say how old their state may be, and that must be true: whatever was confirmed longer
 * ago is in it. Where answers carry revisions, what is shown must also have stood there at the
 * revision of its shard.
 */
import type { HistoryEvent, Value } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import { type Finding, finding, judgeByKey, type KeyRule } from './judge-by-key.js';
import type { Limits } from './limits.js';
import { improving, Sorted } from './sorted.js';
import type { Verdict } from './verdict.js';

/** Times are small differences of large numbers. */
const roundingNs = 1_000;
const longAgo = 'which was confirmed longer ago than that';

/** Keys alone, and then what the revisions of a shard say of all its keys. */
export function checkStale(
  _: readonly HistoryEvent[],
  operations: readonly Operation[],
  __: Limits,
): Verdict {
  const verdict = judgeByKey(staleRule, operations);
  const reads = operations.filter(isStaleRead);
  const counts = { ...verdict.counts, 'stale reads': reads.length };
  if (verdict.validity === 'invalid') return { ...verdict, counts };
  const found = behindItsShard(reads, operations.filter(isChange));
  if (found !== undefined) return { ...verdict, ...found, counts, validity: 'invalid' };
  const aged = reads.some(
    ({ facts }) => facts.stalenessMs !== undefined || facts.shardRevision !== undefined,
  );
  if (aged) return { ...verdict, counts };
  if (reads.length > 0) {
    const explanation = 'no stale read says how old it may be, or of which revision it is';
    return { ...verdict, counts, validity: 'unknown', explanation };
  }
  return { ...verdict, counts, validity: 'unknown', explanation: 'there is no stale read' };
}

export const staleFs: readonly string[] = ['get', 'read', 'put', 'write', 'delete'];

const staleRule: KeyRule = {
  claim: 'stale reads are not older than they say',
  fs: staleFs,
  judge(operations) {
    const changes = new KeyChanges(operations.filter(isChange));
    for (const read of operations.filter(isStaleRead)) {
      const found = changes.madeUp(read) ?? changes.tooOld(read) ?? changes.notOfItsRevision(read);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};

function isStaleRead({ f, consistency, status }: Operation): boolean {
  return (f === 'get' || f === 'read') && consistency === 'stale' && status === 'ok';
}

function isChange({ f, status, facts }: Operation): boolean {
  return (
    (f === 'put' || f === 'write' || f === 'delete') &&
    status !== 'fail' &&
    facts.outcome !== 'precondition-failed' &&
    facts.outcome !== 'absent'
  );
}

function isSure({ status }: Operation): boolean {
  return status === 'ok';
}

function revisionOf({ facts }: Operation): number {
  return facts.shardRevision ?? 0;
}

/**
 * The moment from which on the read may not know everything, by what it says itself. The age is
 * that of the moment in which the answer was made: at worst the one in which it was asked for, for
 * an answer may be long on its way.
 */
function admittedNs({ invokedNs, facts }: Operation): number | undefined {
  const { stalenessMs, servedNs = invokedNs, clockErrorMs = 0 } = facts;
  if (stalenessMs === undefined) return undefined;
  return servedNs - (stalenessMs + clockErrorMs) * 1e6 - roundingNs;
}

class KeyChanges {
  readonly #writers = new Map<Value, Operation[]>();
  /** The one that began last of all that were confirmed up to a moment. */
  readonly #confirmed: Sorted<Operation>;
  readonly #byRevision: Sorted<Operation>;
  readonly #lostDeletes: readonly Operation[];

  constructor(changes: readonly Operation[]) {
    for (const change of changes) {
      const value = change.f === 'delete' ? null : (change.asked ?? null);
      const others = this.#writers.get(value);
      if (others === undefined) this.#writers.set(value, [change]);
      else others.push(change);
    }
    const sure = changes.filter(isSure);
    this.#confirmed = improving(
      sure,
      ({ completedNs }) => completedNs,
      ({ invokedAt }) => invokedAt,
    );
    const revised = sure.filter(({ facts }) => facts.shardRevision !== undefined);
    this.#byRevision = new Sorted(revised, revisionOf);
    this.#lostDeletes = changes.filter((change) => change.f === 'delete' && !isSure(change));
  }

  madeUp(read: Operation): Finding | undefined {
    const value = read.answered ?? null;
    if (value === null || this.#writersBefore(read).length > 0) return undefined;
    return finding(`${tell(read)}: nobody had written that by then`, read);
  }

  /** Replaced by a change that began when all who wrote this were done, and that it must know. */
  tooOld(read: Operation): Finding | undefined {
    const current = admittedNs(read);
    if (current === undefined) return undefined;
    const due = this.#confirmed.lastBelow(current);
    const lastEnd = Math.max(-1, ...this.#writersBefore(read).map((writer) => writer.completedAt));
    if (due === undefined || due.invokedAt <= lastEnd) return undefined;
    const words = `${tell(read)} does not know ${tell(due)}, ${longAgo}`;
    return finding(words, read, due);
  }

  /** By the confirmed changes alone: others may have come in between, and then it shows them. */
  notOfItsRevision(read: Operation): Finding | undefined {
    const { revision, shardRevision } = read.facts;
    if (shardRevision === undefined) return undefined;
    if (revision !== undefined && revision > shardRevision) {
      return finding(`${tell(read)}: its shard has not come to that revision`, read);
    }
    const latest = this.#byRevision.lastBelow(shardRevision + 1);
    if (latest === undefined) return undefined;
    const at = revisionOf(latest);
    const found = read.answered ?? null;
    const other =
      found === null
        ? latest.f !== 'delete' && !this.#mayBeDeleted(read)
        : revision !== undefined &&
          (at > revision || (at === revision && (latest.f === 'delete' || latest.asked !== found)));
    if (!other) return undefined;
    return finding(`${tell(read)}, but at that revision stood ${tell(latest)}`, read, latest);
  }

  #writersBefore(read: Operation): readonly Operation[] {
    const writers = this.#writers.get(read.answered ?? null) ?? [];
    return writers.filter(({ invokedAt }) => invokedAt < read.completedAt);
  }

  #mayBeDeleted(read: Operation): boolean {
    return this.#lostDeletes.some(({ invokedAt }) => invokedAt < read.completedAt);
  }
}

/** A shard at a revision has everything up to it, so a read also has to know of other keys. */
function behindItsShard(
  reads: readonly Operation[],
  changes: readonly Operation[],
): Finding | undefined {
  const shards = new Map<number, Operation[]>();
  for (const change of changes) {
    if (!isSure(change) || change.facts.shardRevision === undefined) continue;
    const shard = change.facts.shard ?? 0;
    const ofShard = shards.get(shard);
    if (ofShard === undefined) shards.set(shard, [change]);
    else ofShard.push(change);
  }
  const confirmed = new Map(
    [...shards].map(([shard, ofShard]) => [
      shard,
      improving(ofShard, ({ completedNs }) => completedNs, revisionOf),
    ]),
  );
  for (const read of reads) {
    const current = admittedNs(read);
    if (current === undefined || read.facts.shardRevision === undefined) continue;
    const due = confirmed.get(read.facts.shard ?? 0)?.lastBelow(current);
    if (due === undefined || revisionOf(due) <= revisionOf(read)) continue;
    const words = `${tell(read)} is of a state before ${tell(due)}, ${longAgo}`;
    return finding(words, read, due);
  }
  return undefined;
}
