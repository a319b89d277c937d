/**
 * The groups that time passes for. A quiet group is not ticked and costs nothing; it wakes when
 * something arrives for it. When a node goes away, all quiet groups with a member there must wake,
 * and they do so one after another over an election timeout: at once, their heartbeats and
 * elections would be a storm (G7).
 */
import type { ReplicaId } from './core/types.js';
import type { Group } from './group.js';

export interface Waking {
  readonly group: Group;
  /** The member that can no longer be reached. */
  readonly replica: ReplicaId;
}

export class AwakeGroups {
  readonly #awake = new Set<Group>();
  #waking: Waking[] = [];
  #perTick = 1;

  /** After a turn of the group, which may have woken it or sent it to sleep. */
  update(group: Group): void {
    if (group.raft.quiet) this.#awake.delete(group);
    else this.#awake.add(group);
  }

  remove(group: Group): void {
    this.#awake.delete(group);
    this.#waking = this.#waking.filter((waking) => waking.group !== group);
  }

  has(group: Group): boolean {
    return this.#awake.has(group);
  }

  get size(): number {
    return this.#awake.size;
  }

  [Symbol.iterator](): Iterator<Group> {
    return this.#awake.values();
  }

  wakeWithin(ticks: number, waking: readonly Waking[]): void {
    this.#waking.push(...waking);
    this.#perTick = Math.max(1, Math.ceil(this.#waking.length / ticks));
  }

  /** Those whose turn to wake has come with this tick. */
  takeDue(): Waking[] {
    return this.#waking.splice(0, this.#perTick);
  }
}
