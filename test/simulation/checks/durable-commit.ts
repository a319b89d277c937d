/**
 * The commit index is part of what is durable, and no batch with entries leaves it behind what the
 * message that brought them said. A node that restarts must know of every configuration entry that
 * is committed in its log, or it campaigns by an old configuration while its state catches up.
 */
import type { GroupId, Index, NodeId } from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { GroupWrite } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';
import type { GhostLog } from './ghost-log.js';
import { nameOf } from './log-matching.js';

export class DurableCommit implements Check {
  readonly #ghost: Ghost;
  /** Per group and entry: the least commit index that came with it. */
  readonly #told = new WeakMap<ProcessView, Map<GroupId, Map<string, Index>>>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  received(process: ProcessView, _from: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group, message } of messages) {
      if (message.type !== 'append') continue;
      const last = message.entries.at(-1);
      if (last === undefined) continue;
      const told = this.#of(process, group);
      const commit = Math.min(message.commit, last.index);
      // The least that any message said: which of several was taken is not to be seen from here.
      for (const { index, term } of message.entries) {
        const name = nameOf(index, term);
        told.set(name, Math.min(commit, told.get(name) ?? commit));
      }
    }
  }

  writing(process: ProcessView, _log: GhostLog, { group, entries, hardState }: GroupWrite): void {
    if (entries.length === 0) return;
    const told = this.#of(process, group);
    let commit = 0;
    for (const { index, term } of entries) {
      const name = nameOf(index, term);
      commit = Math.max(commit, told.get(name) ?? 0);
      told.delete(name);
    }
    const written = hardState?.commit;
    if (written !== undefined && written >= commit) return;
    const what = `writes entries with commit ${written ?? 'of before'}, they came with ${commit}`;
    this.#ghost.violated('R9', `node ${process.node}, group ${group} ${what}`);
  }

  #of(process: ProcessView, group: GroupId): Map<string, Index> {
    const groups = this.#told.get(process) ?? new Map<GroupId, Map<string, Index>>();
    this.#told.set(process, groups);
    const known = groups.get(group);
    if (known !== undefined) return known;
    const told = new Map<string, Index>();
    groups.set(group, told);
    return told;
  }
}
