/**
 * R5 and S2: every replica applies the committed entries, each once, in order, and with the same
 * results; and what a shard counts (revision, epoch) only goes forward.
 *
 * Of the state itself only the results are compared here. Whole states are hashed when all is at
 * rest, for hashing reads everything.
 */
import type { CommandResult, Revision } from '../../../src/kv/store/types.js';
import {
  type Entry,
  type GroupId,
  type Index,
  NOBODY,
  type ReplicaId,
} from '../../../src/raft/core/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Committed, Ghost } from './ghost.js';
import { nameOf } from './log-matching.js';

/** What a replica applies next. Another replica on the same node begins anew. */
interface Next {
  readonly replica: ReplicaId;
  readonly index: Index;
}

export class StateMachines implements Check {
  readonly #ghost: Ghost;
  readonly #next = new WeakMap<ProcessView, Map<GroupId, Next>>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  applied(
    process: ProcessView,
    group: GroupId,
    entries: readonly Entry[],
    results: readonly unknown[],
  ): void {
    const where = `node ${process.node}, group ${group}`;
    const next = this.#nextOf(process);
    const raft = process.group(group)?.raft;
    const replica = raft?.status.self ?? NOBODY;
    if (raft?.status.installing) {
      this.#ghost.violated('R15', `${where} applies ${entries[0]?.index} while it is installing`);
    }
    entries.forEach((entry, at) => {
      const before = next.get(group);
      const expected = before?.replica === replica ? before.index : undefined;
      // Only a snapshot makes a state jump, and it ends behind what was applied before.
      if (expected !== undefined && entry.index < expected) {
        this.#ghost.violated('R9', `${where} applies ${entry.index} again, ${expected} is next`);
      }
      next.set(group, { replica, index: entry.index + 1 });
      this.#applied(where, group, entry, results[at] as CommandResult | undefined);
    });
  }

  #applied(where: string, id: GroupId, entry: Entry, result: CommandResult | undefined): void {
    const group = this.#ghost.group(id);
    const committed = group.committed(entry.index);
    const seen = group.entry(entry.index, entry.term);
    if (committed?.term !== entry.term || committed.checksum !== seen?.checksum) {
      const what = `applies ${nameOf(entry.index, entry.term)}, committed is`;
      this.#ghost.violated('R5', `${where} ${what} ${committed?.term ?? 'nothing'}`);
      return;
    }
    if (!committed.applied) {
      committed.applied = true;
      committed.result = result;
      committed.revision = result?.shardRevision ?? revisionBefore(this.#ghost, id, entry.index);
      return;
    }
    if (sameResult(result, committed)) return;
    const what = `${JSON.stringify(result)}, others ${JSON.stringify(committed.result)}`;
    this.#ghost.violated('R5', `${where} applies ${nameOf(entry.index, entry.term)}: ${what}`);
  }

  #nextOf(process: ProcessView): Map<GroupId, Next> {
    const known = this.#next.get(process);
    if (known !== undefined) return known;
    const next = new Map<GroupId, Next>();
    this.#next.set(process, next);
    return next;
  }
}

function revisionBefore(ghost: Ghost, group: GroupId, index: Index): Revision | undefined {
  return ghost.group(group).committed(index - 1)?.revision;
}

function sameResult(result: CommandResult | undefined, { result: first }: Committed): boolean {
  if (result === undefined || first === undefined) return result === first;
  if (result.outcome !== first.outcome || result.shardRevision !== first.shardRevision)
    return false;
  const current = (of: CommandResult) =>
    of.outcome === 'precondition-failed' ? of.current : undefined;
  return current(result) === current(first);
}
