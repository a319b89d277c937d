/**
 * Whether this replica's group sleeps. A quiet group costs nothing: it is not ticked, its leader
 * sends no heartbeats and its followers do not wait for any.
 *
 * A leader goes quiet when nothing was proposed for a while and everybody holds everything; it
 * says so in one last heartbeat. A follower that sees the same from its side goes quiet with it
 * and does not answer; any other treats that heartbeat like all others, and its answer wakes the
 * leader (G3, G6). Whoever wakes by itself pokes its leader, and a woken leader speaks to
 * everybody: so nobody stays awake beside a leader that sleeps. That the leader's node is gone is
 * noticed by the host, which wakes all groups it has a replica of (G7).
 */
import type { RaftLog } from './log.js';
import type { Heartbeat, Input, ReplicaId, Term } from './types.js';

export class Quiescence {
  readonly #afterTicks: number;
  #quiet = false;
  #idleTicks = 0;
  /** The leader has spoken, other than to say that it goes quiet, since this replica woke. */
  #leaderIsAwake = false;

  constructor(afterTicks: number) {
    this.#afterTicks = afterTicks;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  /** A tick without a proposal. True when the group has been idle for long enough. */
  idle(): boolean {
    this.#idleTicks += 1;
    return this.#afterTicks > 0 && this.#idleTicks >= this.#afterTicks;
  }

  busy(): void {
    this.#idleTicks = 0;
  }

  leaderSpoke(): void {
    this.#leaderIsAwake = true;
  }

  /** A late goodbye of a leader that has died since must not put everybody to sleep again. */
  get mayFollow(): boolean {
    return this.#leaderIsAwake;
  }

  sleep(): void {
    this.#quiet = true;
  }

  wake(): void {
    this.#quiet = false;
    this.#idleTicks = 0;
    this.#leaderIsAwake = false;
  }
}

/** What happens to a quiet replica without waking it. */
export function leavesQuiet(input: Input, now: { term: Term }): boolean {
  switch (input.kind) {
    // The host does not tick a quiet group; what it began before goes on, compaction too.
    case 'tick':
    case 'appended':
    case 'applied':
    case 'compacted':
      return false;
    case 'message': {
      const { message } = input;
      // Said again, by whatever way.
      if (message.type === 'heartbeat') return !message.quiet || message.term !== now.term;
      // A late answer to a heartbeat names its round; 0 is a poke.
      if (message.type === 'heartbeat-response') return message.context === 0;
      return true;
    }
    default:
      return true;
  }
}

/** True when the follower holds everything that the quiet leader does, and all is settled. */
export function holdsAll(message: Heartbeat, log: RaftLog): boolean {
  const { lastIndex, commit } = log;
  const settled = !log.hasUnwritten && log.appendsUnderWay === 0;
  return message.commit === lastIndex && commit === lastIndex && settled;
}

/** An answer to no heartbeat: somebody is awake here. */
export function poke(ends: { from: ReplicaId; to: ReplicaId; term: Term }) {
  return { type: 'heartbeat-response', ...ends, context: 0 } as const;
}
