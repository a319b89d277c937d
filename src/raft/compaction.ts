/**
 * Decides how much of each group's log may go. Never beyond what the state machine holds durably;
 * within that, a tail is kept for followers that were away, bounded per group, and the log itself
 * says when the node as a whole holds too much.
 */
import type { GroupId, Index, LogMark } from './core/types.js';
import type { Group } from './group.js';
import type { StateMachine } from './state-machine.js';
import type { Wal } from './wal/types.js';

export interface CompactionLimits {
  /** Entry data that a group's log keeps behind its durable state. */
  readonly groupTailBytesMax: number;
}

export class Compaction {
  readonly #wal: Wal;
  readonly #stateMachine: StateMachine;
  readonly #limits: CompactionLimits;
  #pressed = new Map<GroupId, Index>();
  /** Marks handed out already; the log may still be writing them. */
  readonly #marked = new Map<GroupId, Index>();

  constructor(wal: Wal, stateMachine: StateMachine, limits: CompactionLimits) {
    this.#wal = wal;
    this.#stateMachine = stateMachine;
    this.#limits = limits;
  }

  /** Groups that hold more than they may. */
  candidates(groups: ReadonlyMap<GroupId, Group>): Group[] {
    this.#pressed = new Map(this.#wal.pressure().map(({ group, upTo }) => [group, upTo]));
    return [...groups.values()].filter(
      (group) => this.#pressed.has(group.id) || this.#overTail(group.id),
    );
  }

  #overTail(group: GroupId): boolean {
    return this.#wal.tailBytes(group) > this.#limits.groupTailBytesMax;
  }

  /** The new mark, or undefined when nothing may go yet. */
  mark(group: Group): LogMark | undefined {
    const { firstIndex, lastIndex, applied, configuration } = group.raft.status;
    const durable = Math.min(this.#stateMachine.durable(group.id), applied);
    // Half of the entries at once: bytes per index are not kept, and half converges quickly.
    const half = this.#overTail(group.id)
      ? firstIndex + Math.floor((lastIndex - firstIndex) / 2)
      : 0;
    const index = Math.min(durable, Math.max(half, this.#pressed.get(group.id) ?? 0));
    if (index < firstIndex || index <= (this.#marked.get(group.id) ?? 0)) return undefined;
    const term = group.raft.termAt(index);
    if (term === undefined) return undefined;
    this.#marked.set(group.id, index);
    return { index, term, configuration };
  }
}
