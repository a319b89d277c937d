/**
 * The commit index is part of what is durable, and no batch with entries leaves it behind what the
 * message that brought them said. A node that restarts must know of every configuration entry that
 * is committed in its log, or it campaigns by an old configuration while its state catches up.
 */
import type { GroupId, Index, NodeId, Term } from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { GroupWrite } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';
import type { GhostLog } from './ghost-log.js';
import { nameOf } from './log-matching.js';

/** What a leader said with an entry. */
interface Told {
  readonly term: Term;
  readonly commit: Index;
}

export class DurableCommit implements Check {
  readonly #ghost: Ghost;
  /** By group and entry. Of several messages the one with the least: the others may be refused. */
  readonly #told = new WeakMap<ProcessView, Map<GroupId, Map<string, Told>>>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  received(process: ProcessView, _from: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group, message } of messages) {
      if (message.type !== 'append') continue;
      const last = message.entries.at(-1);
      if (last === undefined) continue;
      const { term } = message;
      const told = this.#of(process, group);
      const commit = Math.min(message.commit, last.index);
      // All its entries: a message that brings some of them again says more.
      for (const entry of message.entries)
        tell(told, nameOf(entry.index, entry.term), { term, commit });
    }
  }

  writing(process: ProcessView, log: GhostLog, { group, entries, hardState }: GroupWrite): void {
    if (entries.length === 0) return;
    const told = this.#of(process, group);
    const { term: now } = hardState ?? log.hardState;
    let least = 0;
    for (const { index, term } of entries) {
      const name = nameOf(index, term);
      const said = told.get(name);
      // Whoever led an earlier term may have been removed since: then nobody listened.
      if (said?.term === now) least = Math.max(least, said.commit);
      told.delete(name);
    }
    const written = hardState?.commit;
    if (written !== undefined && written >= least) return;
    const what = `writes entries with commit ${written ?? 'of before'}, they came with ${least}`;
    this.#ghost.violated('R9', `node ${process.node}, group ${group} ${what}`);
  }

  #of(process: ProcessView, group: GroupId): Map<string, Told> {
    const groups = this.#told.get(process) ?? new Map<GroupId, Map<string, Told>>();
    this.#told.set(process, groups);
    const known = groups.get(group);
    if (known !== undefined) return known;
    const told = new Map<string, Told>();
    groups.set(group, told);
    return told;
  }
}

function tell(told: Map<string, Told>, name: string, { term, commit }: Told): void {
  const before = told.get(name);
  if (before !== undefined && before.term > term) return;
  const least = before?.term === term ? Math.min(before.commit, commit) : commit;
  told.set(name, { term, commit: least });
}
