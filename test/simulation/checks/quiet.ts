/**
 * G3: a group goes quiet only when everybody has everything. Who is behind then would stay behind
 * for as long as nobody writes.
 */
import { type Check, type Sight, who } from './check.js';
import { membersOf } from './configurations.js';
import type { Ghost } from './ghost.js';

export class Quiet implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  looked(sight: Sight): void {
    const { status, before, id, ghost, group } = sight;
    if (!status.quiet || before?.quiet === true || status.role !== 'leader') return;
    const { lastIndex, commit, configuration } = status;
    if (commit !== lastIndex) {
      const what = `goes quiet with ${lastIndex} entries, ${commit} are committed`;
      this.#ghost.violated('G3', `${who(sight)} ${what}`);
    }
    const term = group.raft.termAt(lastIndex) ?? 0;
    for (const { node, replica } of membersOf(ghost.newestConfiguration ?? configuration)) {
      const log = this.#ghost.node(node).durable.get(id);
      if (log?.replica === replica && log.holds(lastIndex, term)) continue;
      const what = `goes quiet at ${lastIndex}, node ${node} has ${log?.lastIndex ?? 'no log'}`;
      this.#ghost.violated('G3', `${who(sight)} ${what}`);
      return;
    }
  }
}
