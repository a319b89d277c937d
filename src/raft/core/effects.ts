/**
 * Collects, between two drains, what happened to reads, proposals and the role.
 */
import type {
  Append,
  DropReason,
  Effects,
  EntryId,
  Index,
  Message,
  ReplicaId,
  RequestId,
  Role,
  Term,
} from './types.js';

interface RoleNow {
  readonly role: Role;
  readonly leader: ReplicaId;
  readonly term: Term;
}

export class EffectsCollector {
  #reads: { id: RequestId; index: Index }[] = [];
  #proposed: { id: RequestId; entry: EntryId }[] = [];
  #dropped: { id: RequestId; reason: DropReason }[] = [];
  #told: RoleNow | undefined;

  granted(id: RequestId, index: Index): void {
    this.#reads.push({ id, index });
  }

  proposed(id: RequestId, entry: EntryId): void {
    this.#proposed.push({ id, entry });
  }

  dropped(id: RequestId, reason: DropReason): void {
    this.#dropped.push({ id, reason });
  }

  /** Undefined when there is nothing to do. */
  take(turn: {
    send: readonly Message[];
    append: Append | undefined;
    apply: Effects['apply'];
    now: RoleNow;
  }): Effects | undefined {
    const { send, append, apply } = turn;
    const role = this.#roleNews(turn.now);
    const lists = send.length + apply.length + this.#reads.length + this.#proposed.length;
    const idle = lists + this.#dropped.length === 0 && append === undefined && role === undefined;
    if (idle) return undefined;
    const effects: Effects = {
      send,
      apply,
      reads: this.#reads,
      proposed: this.#proposed,
      dropped: this.#dropped,
      refused: [],
      snapshotsWanted: [],
      ...(append !== undefined && { append }),
      ...(role !== undefined && { role }),
    };
    this.#reads = [];
    this.#proposed = [];
    this.#dropped = [];
    return effects;
  }

  #roleNews(now: RoleNow): RoleNow | undefined {
    const told = this.#told;
    const same = told?.role === now.role && told.leader === now.leader && told.term === now.term;
    if (same) return undefined;
    this.#told = now;
    return now;
  }
}
