/**
 * Tells when a leader's own disk is too slow for its office: what a quorum has on disk is not on
 * its own for an election timeout. Such a leader still commits, through its followers' disks,
 * but answers late, and one more slow follower stops the group (H1).
 *
 * A moving goal is followed: the commit index at some moment, then, when that is durable here,
 * the one of that moment. So a disk that is merely always a little behind never looks slow.
 */
import type { Index } from './types.js';

/** Election timeouts between two hand-overs of one replica, so that it does not thrash. */
const pauseTimeouts = 20;

export class DiskLag {
  readonly #lagTicksMax: number;
  readonly #pauseTicks: number;
  #goal: Index = 0;
  #goalSince = 0;
  #notBefore = 0;

  constructor(timing: { electionTicksMax: number }) {
    this.#lagTicksMax = timing.electionTicksMax;
    this.#pauseTicks = timing.electionTicksMax * pauseTimeouts;
  }

  /** Once per tick of a leader. */
  tooSlow(tick: number, log: { durableIndex: Index; commit: Index }): boolean {
    if (log.durableIndex >= this.#goal) {
      this.#goal = log.commit;
      this.#goalSince = tick;
    }
    return tick - this.#goalSince > this.#lagTicksMax && tick >= this.#notBefore;
  }

  /** Not the leader: nothing is measured, and a later leadership begins anew. */
  rest(): void {
    this.#goal = 0;
  }

  handedOver(tick: number): void {
    this.#notBefore = tick + this.#pauseTicks;
  }
}
