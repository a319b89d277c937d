/**
 * R4 to R8 and R12: what is committed is so for ever, by whom it may be committed, and where it
 * must be durable by then. The list of committed entries grows here.
 *
 * By log matching (R3) a log that holds an entry holds all before it, so it is enough to look at
 * the last one of each step.
 */
import type { NodeId, Term } from '../../../src/raft/core/types.js';
import { type Check, type Sight, who } from './check.js';
import { hasQuorum, tellConfiguration } from './configurations.js';
import type { Ghost } from './ghost.js';
import { nameOf } from './log-matching.js';

export class Commitment implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  looked(sight: Sight): void {
    const { status, before, ghost } = sight;
    if (status.commit === before?.commit) return;
    if (status.commit > ghost.commitIndex) this.#commits(sight);
    this.#agrees(sight);
  }

  /** R6: nobody believes in the commitment of anything else. */
  #agrees(sight: Sight): void {
    const { status, ghost, group } = sight;
    const committed = ghost.committed(status.commit)?.term;
    const own = group.raft.termAt(status.commit);
    if (own === undefined || committed === undefined || own === committed) return;
    const what = `commits ${nameOf(status.commit, own)}, committed was ${committed}`;
    this.#ghost.violated('R6', `${who(sight)} ${what}`);
  }

  #commits(sight: Sight): void {
    const { status, ghost, group } = sight;
    const term = leaderTerm(sight);
    if (term === undefined) {
      const what = `believes ${status.commit} to be committed, nobody committed it`;
      this.#ghost.violated('R5', `${who(sight)}, a ${status.role}, ${what}`);
      return;
    }
    const lastTerm = group.raft.termAt(status.commit);
    // Figure 8: entries of earlier terms commit only behind one of the leader's own.
    if (lastTerm !== term) {
      const what = `commits ${nameOf(status.commit, lastTerm)} by counting`;
      this.#ghost.violated('R12', `${who(sight)} leads term ${term} and ${what}`);
    }
    this.#durable(sight, lastTerm ?? 0);
    for (let index = ghost.commitIndex + 1; index <= status.commit; index += 1) {
      ghost.commit(index, group.raft.termAt(index) ?? 0, term);
    }
  }

  /** R7 and R8: on the disks of a quorum of the configuration in force, the leader's included. */
  #durable(sight: Sight, term: Term): void {
    const { status, ghost, id } = sight;
    const configuration = ghost.configurationAt(status.applied) ?? status.configuration;
    const holders: NodeId[] = [];
    const quorum = hasQuorum(configuration, ({ node, replica }) => {
      // Damage that comes after an answer does not make the answer wrong (seed 400252).
      const logs = [this.#ghost.node(node), this.#ghost.lost(node)].map((of) =>
        of?.durable.get(id),
      );
      const holds = logs.some((log) => log?.replica === replica && log.holds(status.commit, term));
      if (holds) holders.push(node);
      return holds;
    });
    if (quorum) return;
    const nodes = holders.join(' ') || 'none';
    const where = `durable on nodes ${nodes} of ${tellConfiguration(configuration)}`;
    this.#ghost.violated('R7', `${who(sight)} commits ${nameOf(status.commit, term)}, ${where}`);
  }
}

/** The term it leads, or led until this very event. */
export function leaderTerm({ status, before }: Sight): Term | undefined {
  if (status.role === 'leader') return status.term;
  return before?.role === 'leader' ? before.term : undefined;
}
