/**
 * The groups of this node: all of them, those that time passes for, and those that something has
 * arrived for since they were stepped last.
 */
import { AwakeGroups } from './awake-groups.js';
import type { GroupId, Input, NodeId } from './core/types.js';
import type { Group } from './group.js';

export class GroupTable {
  readonly awake = new AwakeGroups();
  readonly #groups = new Map<GroupId, Group>();
  readonly #dirty = new Set<Group>();

  add(group: Group): void {
    this.#groups.set(group.id, group);
    this.awake.update(group);
    this.#dirty.add(group);
  }

  remove(group: Group): void {
    this.#groups.delete(group.id);
    this.#dirty.delete(group);
    this.awake.remove(group);
  }

  get(id: GroupId): Group | undefined {
    return this.#groups.get(id);
  }

  /** False for a replica that was removed, also when another one has taken its place. */
  has(group: Group): boolean {
    return this.#groups.get(group.id) === group;
  }

  values(): Iterable<Group> {
    return this.#groups.values();
  }

  get quiet(): number {
    return this.#groups.size - this.awake.size;
  }

  give(group: Group, input: Input): void {
    group.receive(input);
    this.#dirty.add(group);
  }

  touch(group: Group): void {
    this.#dirty.add(group);
  }

  get someDirty(): boolean {
    return this.#dirty.size > 0;
  }

  takeDirty(): readonly Group[] {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    return dirty;
  }

  /** Groups with a member there are told: the quiet ones one after another, within `ticks`. */
  unreachable(node: NodeId, ticks: number): void {
    const quiet = [];
    for (const group of this.#groups.values()) {
      const { membership } = group.raft;
      for (const replica of membership.replicas) {
        if (membership.nodeOf(replica) !== node) continue;
        if (this.awake.has(group)) this.give(group, { kind: 'unreachable', replica });
        else quiet.push({ group, replica });
      }
    }
    this.awake.wakeWithin(ticks, quiet);
  }

  /** Time passes for everybody who is awake. */
  tick(count: number, nowMs: number): void {
    for (const { group, replica } of this.awake.takeDue()) {
      this.give(group, { kind: 'unreachable', replica });
    }
    for (const group of this.awake) {
      group.expireReads(nowMs);
      for (let i = 0; i < count; i += 1) group.receive({ kind: 'tick' });
      this.#dirty.add(group);
    }
  }
}
