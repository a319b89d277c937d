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
  readonly #silentTicksMax: number;
  /** Tick of the last sign of life while appends are under way. */
  #aliveTick = 0;

  constructor(log: RaftLog, written: { term: Term; vote: ReplicaId }, silentTicksMax: number) {
    this.#log = log;
    this.#written = { term: written.term, vote: written.vote };
    this.#silentTicksMax = silentTicksMax;
  }

  needsWrite(state: HardState): boolean {
    const { term, vote } = this.#written;
    return term !== state.term || vote !== state.vote || this.#log.hasUnwritten;
  }

  /** True when a message about this replica's state would speak of what is not durable yet. */
  get underWay(): boolean {
    return this.#log.appendsUnderWay > 0;
  }

  /** The disk owes an answer for longer than an election may take (H1). */
  silent(tick: number): boolean {
    return this.underWay && tick - this.#aliveTick > this.#silentTicksMax;
  }

  /** What a turn may send at once, and the append that the rest must wait for. */
  take(turn: {
    messages: { now: Message[]; afterDurable: Message[] };
    state: HardState;
    tick: number;
    candidate: boolean;
  }): { send: Message[]; append?: Append } {
    const { state, tick, candidate } = turn;
    const { now, afterDurable } = turn.messages;
    const write = this.needsWrite(state);
    if (!write && afterDurable.length === 0) return { send: now };
    // Everything this replica ever said is durable already: nothing to wait for.
    if (!write && !this.underWay) return { send: [...now, ...afterDurable] };
    // Behind a silent disk answers would gather without end. Lost ones are asked for again.
    if (!write && this.silent(tick)) return { send: now };
    return { send: now, append: this.start({ state, afterDurable, tick, candidate }) };
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
    const snapshot = this.#log.takeUnwrittenMark();
    const entries = this.#log.takeUnwritten();
    this.#log.appendStarted(this.#token);
    this.#written = { term: state.term, vote: state.vote };
    return {
      token: this.#token,
      entries,
      then,
      ...(write && { hardState: state }),
      ...(snapshot !== undefined && { snapshot }),
    };
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
