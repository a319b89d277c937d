/**
 * Collects, between two drains, what happened to reads, proposals and the role.
 */
import type { Refusal } from './membership-change.js';
import type {
  Append,
  Configuration,
  DropReason,
  Effects,
  EntryId,
  HandOverReason,
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
  #refused: Effects['refused'][number][] = [];
  #configuration: Configuration | undefined;
  #handOver: Effects['handOver'];
  #told: RoleNow | undefined;

  granted(id: RequestId, index: Index): void {
    this.#reads.push({ id, index });
  }

  /** Granted since the last drain, and what they would be served from is no more. */
  revokeReads(reason: DropReason): void {
    for (const { id } of this.#reads) this.dropped(id, reason);
    this.#reads = [];
  }

  proposed(id: RequestId, entry: EntryId): void {
    this.#proposed.push({ id, entry });
  }

  dropped(id: RequestId, reason: DropReason): void {
    this.#dropped.push({ id, reason });
  }

  refused(id: RequestId, { reason, detail }: Refusal): void {
    this.#refused.push({ id, reason, detail });
  }

  configuration(configuration: Configuration): void {
    this.#configuration = configuration;
  }

  handOver(to: ReplicaId, reason: HandOverReason): void {
    this.#handOver = { to, reason };
  }

  /** Undefined when there is nothing to do. */
  take(turn: {
    send: readonly Message[];
    append: Append | undefined;
    apply: Effects['apply'];
    fetch: Effects['fetch'];
    snapshotsWanted: Effects['snapshotsWanted'];
    now: RoleNow;
  }): Effects | undefined {
    const { send, append, apply, fetch, snapshotsWanted } = turn;
    const handOver = this.#handOver;
    const role = this.#roleNews(turn.now);
    const lists = send.length + apply.length + this.#reads.length + this.#proposed.length;
    const configuration = this.#configuration;
    const rare = this.#dropped.length + this.#refused.length + snapshotsWanted.length;
    const singles = [append, role, configuration, fetch, handOver];
    const single = singles.some((effect) => effect !== undefined);
    if (lists + rare === 0 && !single) return undefined;
    const effects: Effects = {
      send,
      apply,
      reads: this.#reads,
      proposed: this.#proposed,
      dropped: this.#dropped,
      refused: this.#refused,
      snapshotsWanted,
      ...(append !== undefined && { append }),
      ...(role !== undefined && { role }),
      ...(configuration !== undefined && { configuration }),
      ...(fetch !== undefined && { fetch }),
      ...(handOver !== undefined && { handOver }),
    };
    this.#handOver = undefined;
    this.#reads = [];
    this.#proposed = [];
    this.#dropped = [];
    this.#refused = [];
    this.#configuration = undefined;
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
