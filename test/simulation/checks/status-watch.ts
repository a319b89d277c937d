/**
 * Looks at a replica after every event in which something may have happened to it, and only then:
 * a status is not free, and a run has a hundred thousand events.
 */
import type { RaftStatus } from '../../../src/raft/core/options.js';
import type { GroupId, NodeId } from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { WalBatch } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check, Sight } from './check.js';
import type { Ghost } from './ghost.js';

/** Ticks change roles without a word: everybody is looked at this often at least. */
const roundMs = 100;

export class StatusWatch implements Check {
  readonly #ghost: Ghost;
  readonly #tell: (sight: Sight) => void;
  readonly #touched = new Map<ProcessView, Set<GroupId>>();
  readonly #seen = new WeakMap<ProcessView, Map<GroupId, RaftStatus>>();
  #roundAtMs = 0;

  constructor(ghost: Ghost, tell: (sight: Sight) => void) {
    this.#ghost = ghost;
    this.#tell = tell;
  }

  sent(process: ProcessView, _to: NodeId, messages: readonly GroupMessage[]): void {
    const { commitIndex } = this;
    for (const { group, message } of messages) {
      this.#touch(process, group);
      // What is about to leave tells others of a commit: it must be judged before they hear of it.
      const tells = message.type === 'append' || message.type === 'heartbeat';
      if (tells && message.commit > commitIndex(group)) this.look(process, group);
    }
  }

  received(process: ProcessView, _from: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group } of messages) this.#touch(process, group);
  }

  appendDurable(process: ProcessView, batch: WalBatch): void {
    for (const { group } of batch.writes) this.#touch(process, group);
    for (const { group } of batch.created) this.#touch(process, group);
  }

  applied(process: ProcessView, group: GroupId): void {
    this.look(process, group);
    this.#touch(process, group);
  }

  started(process: ProcessView): void {
    for (const { id } of process.groups()) this.#touch(process, id);
  }

  died(process: ProcessView): void {
    this.#touched.delete(process);
  }

  afterEvent(): void {
    const { nowMs, nodes } = this.#ghost.world;
    if (nowMs >= this.#roundAtMs) {
      this.#roundAtMs = nowMs + roundMs;
      for (const { process } of nodes) if (process !== undefined) this.started(process);
    }
    for (const [process, groups] of this.#touched) for (const id of groups) this.look(process, id);
    this.#touched.clear();
  }

  look(process: ProcessView, id: GroupId): void {
    const group = process.group(id);
    if (group === undefined) return;
    const seen = this.#seenOf(process);
    const before = seen.get(id);
    const { status } = group.raft;
    seen.set(id, status);
    this.#tell({ process, id, group, ghost: this.#ghost.group(id), status, before });
  }

  readonly commitIndex = (group: GroupId): number => this.#ghost.group(group).commitIndex;

  #touch(process: ProcessView, group: GroupId): void {
    const groups = this.#touched.get(process);
    if (groups === undefined) this.#touched.set(process, new Set([group]));
    else groups.add(group);
  }

  #seenOf(process: ProcessView): Map<GroupId, RaftStatus> {
    const known = this.#seen.get(process);
    if (known !== undefined) return known;
    const seen = new Map<GroupId, RaftStatus>();
    this.#seen.set(process, seen);
    return seen;
  }
}
