/**
 * One replica's election clock and the ballot of the campaign it is in.
 *
 * Timeouts are drawn anew each time from an injected generator, so that voters do not campaign
 * in step (section 5.2, A17).
 */
import type { RaftTiming } from './options.js';
import { type Quorum, type VoteResult, voteResult } from './quorum.js';
import type { ReplicaId } from './types.js';

export class Election {
  readonly #timing: RaftTiming;
  readonly #random: () => number;
  #elapsedTicks = 0;
  #timeoutTicks = 0;
  #votes = new Map<ReplicaId, boolean>();

  constructor(timing: RaftTiming, random: () => number) {
    this.#timing = timing;
    this.#random = random;
    this.restart();
  }

  /** A leader was heard, a vote was granted, or a campaign begins. */
  restart(): void {
    const { electionTicksMin, electionTicksMax } = this.#timing;
    this.#elapsedTicks = 0;
    this.#timeoutTicks =
      electionTicksMin + Math.floor(this.#random() * (electionTicksMax - electionTicksMin + 1));
  }

  /** True when the timeout is over; the clock starts again. */
  tick(): boolean {
    this.#elapsedTicks += 1;
    if (this.#elapsedTicks < this.#timeoutTicks) return false;
    this.restart();
    return true;
  }

  /** Somebody was heard within the shortest timeout, so no vote is given away (section 6). */
  get recent(): boolean {
    return this.#elapsedTicks < this.#timing.electionTicksMin;
  }

  openBallot(): void {
    this.#votes = new Map();
  }

  /** The first answer of a voter counts. */
  record(voter: ReplicaId, granted: boolean): void {
    if (!this.#votes.has(voter)) this.#votes.set(voter, granted);
  }

  result(quorum: Quorum): VoteResult {
    return voteResult(quorum, (voter) => this.#votes.get(voter));
  }
}
