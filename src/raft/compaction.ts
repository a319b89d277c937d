/**
 * Decides how much of each group's log may go. Never beyond what the state machine holds durably;
 * within that a tail is kept for followers that were away, bounded by its age, by its bytes in
 * the group, by the bytes of all groups together, and by what the log's segments have room for.
 */
import type { Clock } from './clock.js';
import type { GroupId, Index, LogMark } from './core/types.js';
import type { Group } from './group.js';
import type { StateMachine } from './state-machine.js';
import { TailAge } from './tail-age.js';
import type { Wal } from './wal/types.js';

export interface CompactionLimits {
  /** Entry data that a group's log keeps behind its durable state. */
  readonly groupTailBytesMax: number;
  /** The same for all groups of the node together. */
  readonly nodeTailBytesMax: number;
  /** Entries that the state has held durably for this long go, with a quarter's play. */
  readonly tailAgeMs: number;
}

export interface CompactionParts {
  readonly wal: Wal;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly limits: CompactionLimits;
  /** A snapshot under way to a follower needs the entries behind this index. */
  readonly pinned: (group: GroupId) => Index | undefined;
  /** The snapshot is given up, for its pin costs too much. */
  readonly unpin: (group: GroupId) => void;
}

export interface CompactionMark {
  readonly group: Group;
  readonly mark: LogMark;
}

export class Compaction {
  readonly #parts: CompactionParts;
  readonly #ages = new Map<GroupId, TailAge>();
  /** Marks handed out already; the log may still be writing them. */
  readonly #marked = new Map<GroupId, Index>();

  constructor(parts: CompactionParts) {
    this.#parts = parts;
  }

  /** Where the logs may be cut now. */
  marks(groups: Iterable<Group>): CompactionMark[] {
    const { wal } = this.#parts;
    const held = [...groups].filter(({ id }) => wal.tailBytes(id) > 0);
    const pressed = new Map(wal.pressure().map(({ group, upTo }) => [group, upTo]));
    const halved = this.#halved(held);
    const marks: CompactionMark[] = [];
    for (const group of held) {
      const mark = this.#mark(group, { upTo: pressed.get(group.id), half: halved.has(group) });
      if (mark !== undefined) marks.push({ group, mark });
    }
    return marks;
  }

  forget(group: GroupId): void {
    this.#ages.delete(group);
    this.#marked.delete(group);
  }

  /** Half of a tail at once: bytes per index are not kept, and half converges quickly. */
  #halved(groups: readonly Group[]): ReadonlySet<Group> {
    const { wal, limits } = this.#parts;
    const tails = groups.map((group) => ({ group, bytes: wal.tailBytes(group.id) }));
    tails.sort((a, b) => b.bytes - a.bytes);
    let excess = -limits.nodeTailBytesMax;
    for (const { bytes } of tails) excess += bytes;
    const halved = new Set<Group>();
    for (const { group, bytes } of tails) {
      // The largest ones give first.
      if (bytes <= limits.groupTailBytesMax && excess <= 0) break;
      halved.add(group);
      excess -= bytes / 2;
    }
    return halved;
  }

  #mark(group: Group, wish: { upTo: Index | undefined; half: boolean }): LogMark | undefined {
    const { stateMachine } = this.#parts;
    const { raft, id } = group;
    if (raft.installing || stateMachine.installing(id)) return undefined;
    const { firstIndex, lastIndex, applied } = raft.status;
    const durable = Math.min(stateMachine.durable(id), applied);
    const half = wish.half ? firstIndex + Math.floor((lastIndex - firstIndex) / 2) : 0;
    const wished = Math.max(half, wish.upTo ?? 0, this.#aged(id, durable));
    const index = this.#withinPin(id, Math.min(durable, wished));
    if (index < firstIndex || index <= (this.#marked.get(id) ?? 0)) return undefined;
    const term = raft.termAt(index);
    if (term === undefined) return undefined;
    this.#marked.set(id, index);
    return { index, term, configuration: raft.configurationAt(index) };
  }

  #aged(group: GroupId, durable: Index): Index {
    const { clock, random, limits } = this.#parts;
    let age = this.#ages.get(group);
    if (age === undefined) {
      // Each group has an age of its own, or all would compact, and their followers ask for
      // snapshots, at the same moment (G9).
      age = new TailAge(limits.tailAgeMs * (0.75 + random() / 2));
      this.#ages.set(group, age);
    }
    return age.past(durable, clock.monotonicMs());
  }

  #withinPin(group: GroupId, index: Index): Index {
    const { wal, limits, pinned, unpin } = this.#parts;
    const pin = pinned(group);
    if (pin === undefined || index <= pin) return index;
    if (wal.tailBytes(group) <= 2 * limits.groupTailBytesMax) return pin;
    unpin(group);
    return index;
  }
}
