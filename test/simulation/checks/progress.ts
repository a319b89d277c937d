/** R9, the volatile half, and S2: within one process nothing that counts goes back. */

import type { ShardState } from '../../../src/kv/store/types.js';
import type { GroupId } from '../../../src/raft/core/types.js';
import type { ProcessView } from '../observer.js';
import { type Check, type Sight, who } from './check.js';
import type { Ghost } from './ghost.js';

const counters = ['term', 'commit', 'applied', 'firstIndex'] as const;

export class Progress implements Check {
  readonly #ghost: Ghost;
  /** By "group/replica": one that comes anew begins anew. */
  readonly #shards = new WeakMap<ProcessView, Map<string, ShardState>>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  looked(sight: Sight): void {
    const { status, before } = sight;
    if (before === undefined || before.self !== status.self) return;
    for (const counter of counters) {
      if (status[counter] >= before[counter]) continue;
      const what = `${counter} falls from ${before[counter]} to ${status[counter]}`;
      this.#ghost.violated('R9', `${who(sight)}: ${what}`);
    }
    if (status.commit > status.lastIndex) {
      this.#ghost.violated('R9', `${who(sight)} commits ${status.commit} of ${status.lastIndex}`);
    }
    const shortened = status.lastIndex < before.lastIndex;
    if (shortened && status.role === 'leader' && before.role === 'leader') {
      const same = status.term === before.term;
      if (same) this.#ghost.violated('R2', `${who(sight)} leads and shortens its own log`);
    }
  }

  applied(process: ProcessView, group: GroupId): void {
    const state = process.shards().find((shard) => shard.group === group);
    if (state === undefined) return;
    const shards = this.#shards.get(process) ?? new Map<string, ShardState>();
    const replica = `${group}/${process.group(group)?.raft.status.self}`;
    this.#shards.set(process, shards);
    const before = shards.get(replica);
    shards.set(replica, state);
    if (before === undefined) return;
    const where = `node ${process.node}, shard ${group}`;
    if (state.revision < before.revision) {
      this.#ghost.violated('S6', `${where}: revision ${state.revision} after ${before.revision}`);
    }
    // The range epoch first: a split counts for more than a change of members.
    const { range, members } = state.epoch;
    const older =
      range < before.epoch.range ||
      (range === before.epoch.range && members < before.epoch.members);
    if (older) this.#ghost.violated('S2', `${where}: its epoch goes back`);
  }
}
