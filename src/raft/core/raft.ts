/**
 * One replica of one Raft group: a state machine without I/O, clock, randomness or promises.
 *
 * `step` takes what happened, any number of times; `drain` gives what to do about it, once a
 * turn. The term is settled first (`#settleTerm`), then the message goes to whoever the replica
 * is at that moment. The order of effects is decided here and not by the host: what must wait
 * for the disk rides inside `append.then`.
 *
 * Section numbers are those of the extended Raft paper; pre-vote and check-quorum are chapter
 * 6.4 and 9.6 of the dissertation.
 */
import { type AppendAnswer, receiveAppend } from './append-answer.js';
import { EffectsCollector } from './effects.js';
import { Election } from './election.js';
import { invariant } from './invariant.js';
import { Leadership } from './leadership.js';
import { ImpossibleInput, RaftLog } from './log.js';
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
  type VoteRequest,
  type VoteResponse,
} from './types.js';
import { UnappliedBudget } from './unapplied-budget.js';
import { type Ballot, mayGrant, voteAnswer, voteRequest } from './voting.js';

export class Raft {
  readonly #self: ReplicaId;
  readonly #timing: RaftTiming;
  readonly #limits: RaftLimits;
  readonly #membership: Membership;
  readonly #log: RaftLog;
  readonly #election: Election;
  readonly #outbox = new Outbox();
  readonly #effects = new EffectsCollector();
  readonly #forwardedReads: ForwardedReads;
  readonly #persistence: Persistence;
  readonly #unapplied: UnappliedBudget;
  #role: Role = 'follower';
  #term: Term;
  #vote: ReplicaId;
  #leader: ReplicaId = NOBODY;
  /** Set exactly while this replica leads. */
  #leadership: Leadership | undefined;
  #lastReadContext = 0;
  #behindTail: Index | undefined;
  #tick = 0;

  constructor(options: RaftOptions) {
    checkOptions(options.timing, options.limits);
    const { hardState, mark } = options;
    this.#self = options.self;
    this.#timing = options.timing;
    this.#limits = options.limits;
    this.#membership = new Membership(mark.configuration);
    this.#election = new Election(options.timing, options.random);
    this.#log = new RaftLog({
      mark,
      lastIndex: options.lastIndex,
      terms: options.terms,
      commit: hardState.commit,
      applied: options.applied,
      reader: options.reader,
      windowBytesMax: options.limits.windowBytesMax,
    });
    if (hardState.term < this.#log.last.term) {
      throw new ImpossibleInput(
        `the log ends in term ${this.#log.last.term}, the term on disk is ${hardState.term}`,
      );
    }
    this.#term = hardState.term;
    this.#vote = hardState.vote;
    this.#persistence = new Persistence(this.#log, hardState, options.timing.electionTicksMax);
    this.#unapplied = new UnappliedBudget(options.limits.unappliedBytesMax);
    // Far apart from what an earlier process of this replica asked with, in safe integers.
    this.#forwardedReads = new ForwardedReads(Math.floor(options.random() * 2 ** 48));
  }

  get status(): RaftStatus {
    const log = this.#log;
    return {
      self: this.#self,
      role: this.#role,
      term: this.#term,
      vote: this.#vote,
      leader: this.#leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      durable: log.durableIndex,
      commit: log.commit,
      applied: log.applied,
      configuration: this.#membership.configuration,
      behindTail: this.#behindTail,
      transferring: this.#leadership?.transferring ?? false,
    };
  }

  get role(): Role {
    return this.#role;
  }

  /** The leader of the current term as far as known, or NOBODY. */
  get leader(): ReplicaId {
    return this.#leader;
  }

  /** True while the leader no longer has the entries this replica needs next. */
  get behindTail(): boolean {
    return this.#behindTail !== undefined;
  }

  get membership(): Membership {
    return this.#membership;
  }

  /** The leader's view of its followers, for status pages; empty while not leading. */
  get leadership(): Leadership | undefined {
    return this.#leadership;
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
        if (this.#role !== 'leader') this.#campaign('pre-vote', false);
        return;
      case 'transfer':
        return this.#leadership?.startTransfer(input.to);
      case 'appended':
        return this.#onAppended(input.token);
      case 'applied':
        return this.#onApplied(input.index);
      case 'compacted':
        return this.#log.compactTo(input.index);
      case 'unreachable':
        return this.#leadership?.unreachable(input.replica);
    }
  }

  #onTick(): void {
    this.#tick += 1;
    // A replica whose disk hangs must not lead, so that one that works is elected (H1); nor does
    // it campaign, for its vote for itself would never become durable.
    const silent = this.#persistence.silent(this.#tick);
    if (this.#leadership !== undefined) {
      if (silent || !this.#leadership.tick(this.#tick)) this.#becomeFollower(this.#term, NOBODY);
      return;
    }
    if (this.#election.tick() && !silent) this.#campaign('pre-vote', false);
  }

  // Messages ------------------------------------------------------------------------------

  #onMessage(message: Message): void {
    // Not for this incarnation, or from somebody who is not of this group (G2, 28).
    if (message.to !== this.#self || !this.#membership.has(message.from)) return;
    if (!this.#settleTerm(message)) return;
    switch (message.type) {
      case 'append':
        return this.#onAppend(message);
      case 'heartbeat':
        return this.#onHeartbeat(message);
      case 'behind-tail':
        this.#follow(message.from);
        // What is committed here is in every leader's log, its mark included: an old message.
        if (message.firstIndex > this.#log.commit + 1) this.#behindTail = message.firstIndex;
        return;
      case 'pre-vote':
      case 'vote':
        return this.#onVoteRequest(message);
      case 'pre-vote-response':
      case 'vote-response':
        return this.#onVoteResponse(message);
      case 'append-response':
        this.#leadership?.appendAnswered(message);
        return this.#advanceCommit();
      case 'heartbeat-response':
        return this.#leadership?.heartbeatAnswered(message);
      case 'read-index':
        if (this.#leadership?.transferring === false) {
          this.#leadership.reads.addRemote(message.from, message.context);
        }
        return;
      case 'read-index-response':
        for (const id of this.#forwardedReads.answered(message.context)) {
          this.#effects.granted(id, message.index);
        }
        return;
      case 'timeout-now':
        return this.#onTimeoutNow(message);
    }
  }

  /** The one place where terms are compared. False: the message is settled. */
  #settleTerm(message: Message): boolean {
    if (message.term > this.#term) {
      if (message.type === 'pre-vote' || message.type === 'vote') {
        // Somebody who hears a leader does not help to replace it (section 6, check-quorum).
        const hearsLeader = this.#leader !== NOBODY && this.#election.recent;
        if (hearsLeader && !message.transfer) return false;
        if (message.type === 'pre-vote') return true;
      }
      // A granted pre-vote speaks of a term that does not exist yet.
      if (message.type === 'pre-vote-response' && message.granted) return true;
      const leads = ['append', 'heartbeat', 'behind-tail'].includes(message.type);
      this.#becomeFollower(message.term, leads ? message.from : NOBODY);
      return message.type !== 'pre-vote-response';
    }
    if (message.term === this.#term) return true;
    this.#answerOldTerm(message);
    return false;
  }

  /** Whoever is behind must learn it, or it never rejoins (A4, A5, A7). */
  #answerOldTerm(message: Message): void {
    if (message.type === 'append' || message.type === 'heartbeat') {
      const hint = { index: 0, term: 0 };
      this.#answerAppend(message.from, { rejected: true, index: 0, hint });
    } else if (message.type === 'pre-vote') {
      this.#answerVote(message, false);
    }
  }

  #onAppend(message: AppendMessage): void {
    this.#follow(message.from);
    const answer = receiveAppend(this.#log, message);
    if (!answer.rejected) this.#behindTail = undefined;
    this.#answerAppend(message.from, answer);
  }

  #answerAppend(to: ReplicaId, answer: AppendAnswer): void {
    const hint = answer.rejected ? answer.hint : { index: 0, term: 0 };
    this.#outbox.sendWhenDurable({
      type: 'append-response',
      from: this.#self,
      to,
      term: this.#term,
      rejected: answer.rejected,
      index: answer.index,
      hintIndex: hint.index,
      hintTerm: hint.term,
    });
  }

  #onHeartbeat(message: Heartbeat): void {
    this.#follow(message.from);
    this.#log.commitTo(message.commit);
    this.#outbox.sendNow({
      type: 'heartbeat-response',
      from: this.#self,
      to: message.from,
      term: this.#term,
      context: message.context,
    });
  }

  /** A leader of this term spoke: even a candidate follows it (section 5.2, A14). */
  #follow(leader: ReplicaId): void {
    if (this.#role === 'leader') {
      throw new ImpossibleInput(`replica ${leader} leads term ${this.#term}, and so does this one`);
    }
    if (this.#role !== 'follower' || this.#leader !== leader) {
      this.#becomeFollower(this.#term, leader);
    }
    this.#election.restart();
  }

  // Elections -----------------------------------------------------------------------------

  #onVoteRequest(message: VoteRequest): void {
    if (this.#log.matches({ index: message.commit, term: message.commitTerm })) {
      this.#log.commitTo(message.commit);
    }
    const granted = mayGrant(message, {
      term: this.#term,
      vote: this.#vote,
      leader: this.#leader,
      log: this.#log,
    });
    if (granted && message.type === 'vote') {
      this.#vote = message.from;
      // Only a granted vote resets the clock (A13).
      this.#election.restart();
    }
    this.#answerVote(message, granted);
  }

  #answerVote(message: VoteRequest, granted: boolean): void {
    const answer = voteAnswer(message, { self: this.#self, term: this.#term, granted });
    this.#outbox.sendWhenDurable(answer);
  }

  #onVoteResponse(message: VoteResponse): void {
    const ballot = message.type === 'pre-vote-response' ? 'pre-vote' : 'vote';
    const asked =
      ballot === 'pre-vote' ? this.#role === 'pre-candidate' : this.#role === 'candidate';
    if (!asked) return;
    // A grant for another pre-vote than this one.
    if (ballot === 'pre-vote' && message.granted && message.term !== this.#term + 1) return;
    this.#election.record(message.from, message.granted);
    this.#countVotes(ballot);
  }

  #countVotes(ballot: Ballot): void {
    const result = this.#election.result(this.#membership);
    if (result === 'lost') this.#becomeFollower(this.#term, NOBODY);
    if (result !== 'won') return;
    if (ballot === 'pre-vote') this.#campaign('vote', false);
    else this.#becomeLeader();
  }

  #campaign(ballot: Ballot, transfer: boolean): void {
    if (!this.#membership.isVoter(this.#self)) return;
    invariant(this.#role !== 'leader', 'a leader does not campaign (A10)');
    this.#dropReads('leader-changed');
    // No leader while campaigning, else every vote is refused as "hears a leader" (A6).
    this.#leader = NOBODY;
    this.#election.openBallot();
    this.#election.restart();
    if (ballot === 'pre-vote') {
      this.#role = 'pre-candidate';
    } else {
      this.#role = 'candidate';
      this.#term += 1;
      this.#vote = this.#self;
      this.#persistence.forgetSelfVote();
    }
    this.#askForVotes(ballot, transfer);
    if (ballot === 'pre-vote') {
      this.#election.record(this.#self, true);
      this.#countVotes('pre-vote');
    }
  }

  #askForVotes(ballot: Ballot, transfer: boolean): void {
    const term = ballot === 'pre-vote' ? this.#term + 1 : this.#term;
    const { membership: electorate } = this;
    for (const voter of electorate.replicas) {
      if (voter === this.#self || !electorate.isVoter(voter)) continue;
      const request = voteRequest(this.#log, {
        ballot,
        from: this.#self,
        to: voter,
        term,
        transfer,
      });
      // A vote is asked for only when the new term and the own vote are durable: otherwise a
      // crash lets the old grant elect a replica that lost its log's end (A1, R6).
      if (ballot === 'vote') this.#outbox.sendWhenDurable(request);
      else this.#outbox.sendNow(request);
    }
  }

  #onTimeoutNow(message: { lastIndex: Index; lastTerm: Term }): void {
    if (this.#role === 'leader') return;
    const asked = { index: message.lastIndex, term: message.lastTerm };
    if (this.#log.matches(asked)) this.#campaign('vote', true);
  }

  // Roles ---------------------------------------------------------------------------------

  #becomeFollower(term: Term, leader: ReplicaId): void {
    invariant(term >= this.#term, 'terms never fall');
    if (term > this.#term) {
      this.#term = term;
      // Only a new term frees the vote; stepping down within one does not (A2).
      this.#vote = NOBODY;
    }
    const wasFollower = this.#role === 'follower';
    if (this.#leader !== leader || !wasFollower) this.#dropReads('leader-changed');
    // Merely hearing of a new term does not, or a hopeless candidate blocks better ones (A13).
    if (!wasFollower || leader !== NOBODY) this.#election.restart();
    this.#role = 'follower';
    this.#leader = leader;
    this.#leadership = undefined;
    this.#behindTail = undefined;
    this.#persistence.forgetSelfVote();
  }

  #becomeLeader(): void {
    invariant(this.#role === 'candidate', 'only a candidate wins');
    this.#dropReads('leader-changed');
    this.#role = 'leader';
    this.#leader = this.#self;
    // While it leads the clock stands still: it "hears a leader" until check-quorum says no.
    this.#election.restart();
    this.#behindTail = undefined;
    this.#leadership = new Leadership({
      self: this.#self,
      term: this.#term,
      membership: this.#membership,
      log: this.#log,
      outbox: this.#outbox,
      timing: this.#timing,
      limits: this.#limits,
      lastContext: this.#lastReadContext,
    });
  }

  #dropReads(reason: DropReason): void {
    for (const id of this.#forwardedReads.abandon()) this.#effects.dropped(id, reason);
    if (this.#leadership === undefined) return;
    this.#lastReadContext = this.#leadership.reads.lastContext;
    for (const id of this.#leadership.reads.abandon()) this.#effects.dropped(id, reason);
  }

  // Requests ------------------------------------------------------------------------------

  #onPropose(proposals: readonly Proposal[]): void {
    for (const { id, data } of proposals) {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        this.#effects.dropped(id, refusal);
        continue;
      }
      const entry = this.#leadership?.propose(data);
      if (entry === undefined) this.#effects.dropped(id, 'overloaded');
      else this.#effects.proposed(id, entry);
    }
  }

  /** One gate for writes and reads of a leader: a transfer stops both (F9, F10). */
  #refusal(): DropReason | undefined {
    if (this.#leadership === undefined) return 'not-leader';
    return this.#leadership.transferring ? 'transferring' : undefined;
  }

  #onRead(id: RequestId): void {
    if (this.#leadership !== undefined) {
      const refusal = this.#refusal();
      const full = this.#leadership.reads.waitingCount >= this.#limits.waitingReadsMax;
      if (refusal !== undefined) this.#effects.dropped(id, refusal);
      else if (full) this.#effects.dropped(id, 'overloaded');
      else this.#leadership.reads.addLocal(id);
    } else if (this.#leader === NOBODY) {
      this.#effects.dropped(id, 'not-leader');
    } else if (this.#forwardedReads.waitingCount >= this.#limits.waitingReadsMax) {
      this.#effects.dropped(id, 'overloaded');
    } else {
      this.#forwardedReads.add(id);
    }
  }

  // Storage -------------------------------------------------------------------------------

  #onAppended(token: number): void {
    const selfVoted = this.#persistence.finish(token, this.#tick);
    if (selfVoted && this.#role === 'candidate') {
      this.#election.record(this.#self, true);
      this.#countVotes('vote');
    }
    this.#advanceCommit();
  }

  #advanceCommit(): void {
    this.#leadership?.advanceCommit();
  }

  #onApplied(index: Index): void {
    this.#log.appliedTo(index);
    this.#unapplied.applied(index);
  }

  // Drain ---------------------------------------------------------------------------------

  /** The effects of everything stepped since the last drain; undefined when there are none. */
  drain(): Effects | undefined {
    this.#askForReads();
    this.#leadership?.flush();
    this.#grantReads();
    const { send, append } = this.#persistence.take({
      messages: this.#outbox.take(),
      // The commit index is never behind what the message that brought the entries said.
      state: { term: this.#term, vote: this.#vote, commit: this.#log.commit },
      tick: this.#tick,
      candidate: this.#role === 'candidate',
    });
    const apply = this.#takeCommitted();
    const now = { role: this.#role, leader: this.#leader, term: this.#term };
    return this.#effects.take({ send, append, apply, now });
  }

  #askForReads(): void {
    if (this.#leader === NOBODY || this.#leadership !== undefined) return;
    const context = this.#forwardedReads.ask(this.#tick, this.#timing.heartbeatTicks * 2);
    if (context === undefined) return;
    const to = this.#leader;
    this.#outbox.sendNow({ type: 'read-index', from: this.#self, to, term: this.#term, context });
  }

  #grantReads(): void {
    for (const { index, local, remote } of this.#leadership?.takeGrantedReads() ?? []) {
      for (const id of local) this.#effects.granted(id, index);
      for (const [to, context] of remote) {
        const from = this.#self;
        const term = this.#term;
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
