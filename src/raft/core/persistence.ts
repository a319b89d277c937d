/**
 * What of this replica has been handed to its disk: the numbering of appends, the vote for
 * oneself that only counts once durable, and how long the disk has been silent.
 */
import type { RaftLog } from './log.js';
import type { Append, HardState, Message, ReplicaId, Term } from './types.js';

export class Persistence {
  readonly #log: RaftLog;
  #token = 0;
  #written: { term: Term; vote: ReplicaId };
  #selfVoteToken: number | undefined;
  /** Tick of the last sign of life while appends are under way. */
  #aliveTick = 0;

  constructor(log: RaftLog, written: { term: Term; vote: ReplicaId }) {
    this.#log = log;
    this.#written = { term: written.term, vote: written.vote };
  }

  needsWrite(state: HardState): boolean {
    const { term, vote } = this.#written;
    return term !== state.term || vote !== state.vote || this.#log.hasUnwritten;
  }

  /** True when a message about this replica's state would speak of what is not durable yet. */
  get underWay(): boolean {
    return this.#log.appendsUnderWay > 0;
  }

  stalledFor(tick: number): number {
    return this.underWay ? tick - this.#aliveTick : 0;
  }

  /**
   * One append with everything that must be durable and everything that waits for it. With
   * nothing new to write it still waits behind the appends under way. A candidate's append
   * carries its vote for itself, which counts once that is durable (A15).
   */
  start(work: {
    state: HardState;
    afterDurable: readonly Message[];
    tick: number;
    candidate: boolean;
  }): Append {
    const { state, afterDurable: then, tick, candidate } = work;
    const write = this.needsWrite(state);
    if (!this.underWay) this.#aliveTick = tick;
    this.#token += 1;
    if (candidate && state.term !== this.#written.term) this.#selfVoteToken = this.#token;
    const entries = this.#log.takeUnwritten();
    this.#log.appendStarted(this.#token);
    this.#written = { term: state.term, vote: state.vote };
    return { token: this.#token, entries, then, ...(write && { hardState: state }) };
  }

  forgetSelfVote(): void {
    this.#selfVoteToken = undefined;
  }

  /** Everything up to `token` is durable. True when the vote for oneself became so by it. */
  finish(token: number, tick: number): boolean {
    this.#log.appendFinished(token);
    this.#aliveTick = tick;
    if (this.#selfVoteToken === undefined || this.#selfVoteToken > token) return false;
    this.#selfVoteToken = undefined;
    return true;
  }
}
