/**
 * One replica of one Raft group: a state machine without I/O, clock, randomness or promises.
 *
 * `step` takes what happened, any number of times; `drain` gives what to do about it, once a
 * turn. `Standing` settles the term first, then the message goes to whoever the replica is at
 * that moment. The order of effects is decided here and not by the host: what must wait for the
 * disk rides inside `append.then`.
 *
 * Section numbers are those of the extended Raft paper; check-quorum, read index and pre-vote are
 * sections 6.2, 6.4 and 9.6 of the dissertation.
 */
import { appendResponse, receiveAppend } from './append-answer.js';
import { EffectsCollector } from './effects.js';
import { ImpossibleInput } from './impossible-input.js';
import type { Leadership } from './leadership.js';
import { RaftLog } from './log.js';
import { Membership } from './membership.js';
import {
  checkOptions,
  type RaftLimits,
  type RaftOptions,
  type RaftStatus,
  type RaftTiming,
} from './options.js';
import { Outbox } from './outbox.js';
import { Persistence } from './persistence.js';
import { ForwardedReads } from './reads.js';
import { Standing } from './standing.js';
import {
  type AppendMessage,
  type DropReason,
  type Effects,
  type Heartbeat,
  type Index,
  type Input,
  type Message,
  NOBODY,
  type Proposal,
  type ReplicaId,
  type RequestId,
  type Role,
  type Term,
} from './types.js';
import { UnappliedBudget } from './unapplied-budget.js';

export class Raft {
  readonly #self: ReplicaId;
  readonly #timing: RaftTiming;
  readonly #limits: RaftLimits;
  readonly #membership: Membership;
  readonly #log: RaftLog;
  readonly #standing: Standing;
  readonly #outbox = new Outbox();
  readonly #effects = new EffectsCollector();
  readonly #forwardedReads: ForwardedReads;
  readonly #persistence: Persistence;
  readonly #unapplied: UnappliedBudget;
  #tick = 0;

  constructor(options: RaftOptions) {
    checkOptions(options.timing, options.limits);
    const { hardState, mark } = options;
    this.#self = options.self;
    this.#timing = options.timing;
    this.#limits = options.limits;
    this.#membership = new Membership(mark.configuration);
    this.#log = new RaftLog({
      mark,
      lastIndex: options.lastIndex,
      terms: options.terms,
      configurations: options.configurations,
      commit: hardState.commit,
      applied: options.applied,
      installing: false,
      reader: options.reader,
      windowBytesMax: options.limits.windowBytesMax,
    });
    if (hardState.term < this.#log.last.term) {
      throw new ImpossibleInput(
        `the log ends in term ${this.#log.last.term}, the term on disk is ${hardState.term}`,
      );
    }
    this.#persistence = new Persistence(this.#log, hardState, options.timing.electionTicksMax);
    this.#standing = new Standing(
      {
        self: options.self,
        membership: this.#membership,
        log: this.#log,
        outbox: this.#outbox,
        persistence: this.#persistence,
        timing: options.timing,
        limits: options.limits,
        random: options.random,
        leaderChanging: () => this.#leaderChanging(),
      },
      hardState,
    );
    this.#unapplied = new UnappliedBudget(options.limits.unappliedBytesMax);
    // Far apart from what an earlier process of this replica asked with, in safe integers.
    this.#forwardedReads = new ForwardedReads(Math.floor(options.random() * 2 ** 48));
  }

  get status(): RaftStatus {
    const log = this.#log;
    const standing = this.#standing;
    return {
      self: this.#self,
      role: standing.role,
      term: standing.term,
      vote: standing.vote,
      leader: standing.leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      durable: log.durableIndex,
      commit: log.commit,
      applied: log.applied,
      configuration: this.#membership.configuration,
      pendingChange: false,
      isVoter: this.#membership.isVoter(this.#self),
      removed: false,
      uninitialised: false,
      installing: this.installing,
      quiet: false,
      transferring: this.leadership?.transferring ?? false,
    };
  }

  get role(): Role {
    return this.#standing.role;
  }

  /** The leader of the current term as far as known, or NOBODY. */
  get leader(): ReplicaId {
    return this.#standing.leader;
  }

  /** True while this replica serves nothing, for its state is replaced or must be. */
  get installing(): boolean {
    return false;
  }

  get membership(): Membership {
    return this.#membership;
  }

  /** The leader's view of its followers, for status pages; empty while not leading. */
  get leadership(): Leadership | undefined {
    return this.#standing.leadership;
  }

  /** The term of a kept entry; undefined when compacted or beyond the end. */
  termAt(index: Index): Term | undefined {
    return this.#log.term(index);
  }

  step(input: Input): void {
    switch (input.kind) {
      case 'tick':
        return this.#onTick();
      case 'message':
        return this.#onMessage(input.message);
      case 'propose':
        return this.#onPropose(input.proposals);
      case 'read':
        return this.#onRead(input.id);
      case 'campaign':
        return this.#standing.campaign();
      case 'transfer':
        return this.leadership?.startTransfer(input.to);
      case 'appended':
        return this.#onAppended(input.token);
      case 'applied':
        return this.#onApplied(input.index);
      case 'compacted':
        return this.#log.compactTo(input.index);
      case 'unreachable':
        return this.leadership?.unreachable(input.replica);
      case 'change-membership':
      case 'snapshot-made':
      case 'snapshot-received':
      case 'snapshot-failed':
      case 'snapshot-installed':
      case 'state-damaged':
      case 'wake':
        return;
    }
  }

  #onTick(): void {
    this.#tick += 1;
    this.#standing.tick(this.#tick, { silent: this.#persistence.silent(this.#tick) });
  }

  // Messages ------------------------------------------------------------------------------

  #onMessage(message: Message): void {
    // Not for this incarnation, or from somebody who is not of this group (G2, 28).
    if (message.to !== this.#self || !this.#membership.has(message.from)) return;
    if (!this.#standing.settleTerm(message)) return;
    switch (message.type) {
      case 'append':
        return this.#onAppend(message);
      case 'heartbeat':
        return this.#onHeartbeat(message);
      case 'snapshot':
        return this.#standing.follow(message.from);
      case 'gone':
        return;
      case 'pre-vote':
      case 'vote':
        return this.#standing.voteRequested(message);
      case 'pre-vote-response':
      case 'vote-response':
        return this.#standing.voteAnswered(message);
      case 'append-response':
        this.leadership?.appendAnswered(message);
        this.leadership?.advanceCommit();
        return;
      case 'heartbeat-response':
        return this.leadership?.heartbeatAnswered(message);
      case 'read-index':
        if (this.leadership?.transferring === false) {
          this.leadership.reads.addRemote(message.from, message.context);
        }
        return;
      case 'read-index-response':
        for (const id of this.#forwardedReads.answered(message.context)) {
          this.#effects.granted(id, message.index);
        }
        return;
      case 'timeout-now':
        return this.#standing.timeoutNow(message);
    }
  }

  #onAppend(message: AppendMessage): void {
    this.#standing.follow(message.from);
    const answer = receiveAppend(this.#log, message);
    const ends = { from: this.#self, to: message.from, term: message.term };
    this.#outbox.sendWhenDurable(appendResponse(answer, ends));
  }

  #onHeartbeat(message: Heartbeat): void {
    this.#standing.follow(message.from);
    this.#log.commitTo(message.commit);
    this.#outbox.sendNow({
      type: 'heartbeat-response',
      from: this.#self,
      to: message.from,
      term: message.term,
      context: message.context,
    });
  }

  /** Whoever waits for the old leader, or for this replica as the leader, must ask again. */
  #leaderChanging(): void {
    const forwarded = this.#forwardedReads.abandon();
    const own = this.leadership?.reads.abandon() ?? [];
    for (const id of [...forwarded, ...own]) this.#effects.dropped(id, 'leader-changed');
  }

  // Requests ------------------------------------------------------------------------------

  #onPropose(proposals: readonly Proposal[]): void {
    for (const { id, data } of proposals) {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        this.#effects.dropped(id, refusal);
        continue;
      }
      const entry = this.leadership?.propose(data);
      if (entry === undefined) this.#effects.dropped(id, 'overloaded');
      else this.#effects.proposed(id, entry);
    }
  }

  /** One gate for writes and reads of a leader: a transfer stops both (F9, F10). */
  #refusal(): DropReason | undefined {
    if (this.leadership === undefined) return 'not-leader';
    return this.leadership.transferring ? 'transferring' : undefined;
  }

  #onRead(id: RequestId): void {
    if (this.leadership !== undefined) {
      const refusal = this.#refusal();
      const full = this.leadership.reads.waitingCount >= this.#limits.waitingReadsMax;
      if (refusal !== undefined) this.#effects.dropped(id, refusal);
      else if (full) this.#effects.dropped(id, 'overloaded');
      else this.leadership.reads.addLocal(id);
    } else if (this.#standing.leader === NOBODY) {
      this.#effects.dropped(id, 'not-leader');
    } else if (this.#forwardedReads.waitingCount >= this.#limits.waitingReadsMax) {
      this.#effects.dropped(id, 'overloaded');
    } else {
      this.#forwardedReads.add(id);
    }
  }

  // Storage -------------------------------------------------------------------------------

  #onAppended(token: number): void {
    if (this.#persistence.finish(token, this.#tick)) this.#standing.selfVoteDurable();
    this.leadership?.advanceCommit();
  }

  #onApplied(index: Index): void {
    this.#log.appliedTo(index);
    this.#unapplied.applied(index);
  }

  // Drain ---------------------------------------------------------------------------------

  /** The effects of everything stepped since the last drain; undefined when there are none. */
  drain(): Effects | undefined {
    this.#askForReads();
    this.leadership?.flush();
    this.#grantReads();
    const { role, leader, term, vote } = this.#standing;
    const { send, append } = this.#persistence.take({
      messages: this.#outbox.take(),
      // The commit index is never behind what the message that brought the entries said.
      state: { term, vote, commit: this.#log.commit },
      tick: this.#tick,
      candidate: role === 'candidate',
    });
    const apply = this.#takeCommitted();
    return this.#effects.take({ send, append, apply, now: { role, leader, term } });
  }

  #askForReads(): void {
    if (this.#standing.leader === NOBODY || this.leadership !== undefined) return;
    const context = this.#forwardedReads.ask(this.#tick, this.#timing.heartbeatTicks * 2);
    if (context === undefined) return;
    const { leader: to, term } = this.#standing;
    this.#outbox.sendNow({ type: 'read-index', from: this.#self, to, term, context });
  }

  #grantReads(): void {
    for (const { index, local, remote } of this.leadership?.takeGrantedReads() ?? []) {
      for (const id of local) this.#effects.granted(id, index);
      for (const [to, context] of remote) {
        const from = this.#self;
        const { term } = this.#standing;
        this.#outbox.sendNow({ type: 'read-index-response', from, to, term, context, index });
      }
    }
  }

  #takeCommitted(): Effects['apply'] {
    if (!this.#log.hasCommitted || this.#unapplied.roomBytes <= 0) return [];
    const entries = this.#log.takeCommitted(this.#unapplied.roomBytes);
    this.#unapplied.handed(entries);
    return entries;
  }
}
