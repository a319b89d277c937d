/**
 * Who a replica is: its role, the term, its vote and whom it follows. Everything that changes
 * them is here, and nothing else is (sections 5.1, 5.2 and 5.4.1).
 */
import { appendResponse } from './append-answer.js';
import { Election } from './election.js';
import { ImpossibleInput } from './impossible-input.js';
import { invariant } from './invariant.js';
import { Leadership } from './leadership.js';
import type { RaftLog } from './log.js';
import type { Membership } from './membership.js';
import type { RaftLimits, RaftTiming } from './options.js';
import type { Outbox } from './outbox.js';
import type { Persistence } from './persistence.js';
import {
  type Message,
  NOBODY,
  type ReplicaId,
  type Role,
  type Term,
  type TimeoutNow,
  type VoteRequest,
  type VoteResponse,
} from './types.js';
import { type Ballot, mayGrant, voteAnswer, voteRequest } from './voting.js';

export interface StandingParts {
  readonly self: ReplicaId;
  readonly membership: Membership;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  readonly persistence: Persistence;
  readonly timing: RaftTiming;
  readonly limits: RaftLimits;
  readonly random: () => number;
  /** Whoever has not the group's state neither campaigns nor wins. */
  readonly stateIsWhole: () => boolean;
  /** Called while the old leader, be it this replica, is still known. */
  readonly leaderChanging: () => void;
}

export class Standing {
  readonly #parts: StandingParts;
  readonly #election: Election;
  #role: Role = 'follower';
  #term: Term;
  #vote: ReplicaId;
  #leader: ReplicaId = NOBODY;
  /** Who led last, as far as heard: without a configuration there is nobody else to ask. */
  #lastLeader: ReplicaId = NOBODY;
  /** Set exactly while this replica leads. */
  #leadership: Leadership | undefined;
  /**
   * The last read round's number of all leaderships in this process: none comes again (F2). It
   * begins above 0, for an answer to round 0 is a poke.
   */
  #lastReadContext = 1;

  constructor(parts: StandingParts, durable: { term: Term; vote: ReplicaId }) {
    this.#parts = parts;
    this.#election = new Election(parts.timing, parts.random);
    this.#term = durable.term;
    this.#vote = durable.vote;
  }

  get role(): Role {
    return this.#role;
  }
  get term(): Term {
    return this.#term;
  }
  get vote(): ReplicaId {
    return this.#vote;
  }
  /** The leader of the current term as far as known, or NOBODY. */
  get leader(): ReplicaId {
    return this.#leader;
  }
  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  tick(tick: number, disk: { silent: boolean }): void {
    // A replica whose disk is silent must not lead, so that one that works is elected (H1); nor
    // does it campaign, for its vote for itself would never become durable.
    if (this.#leadership !== undefined) {
      if (disk.silent || !this.#leadership.tick(tick)) this.#becomeFollower(this.#term, NOBODY);
      return;
    }
    if (!this.#election.tick()) return;
    if (this.#mayCampaign) {
      if (!disk.silent) this.#campaign('pre-vote', false);
      return;
    }
    // Whoever cannot campaign hears nobody either: its vote must not be withheld from others.
    this.#becomeFollower(this.#term, NOBODY);
    if (!this.#parts.membership.isVoter(this.#parts.self)) this.#askWhetherMember();
  }

  /** The one place where terms are compared. False: the message is settled. */
  settleTerm(message: Message): boolean {
    if (message.term > this.#term) {
      if (message.type === 'pre-vote' || message.type === 'vote') {
        // Somebody who hears a leader does not help to replace it (section 6, check-quorum).
        const hearsLeader = this.#leader !== NOBODY && this.#election.recent;
        if (hearsLeader && !message.transfer) return false;
        if (message.type === 'pre-vote') return true;
      }
      // A granted pre-vote speaks of a term that does not exist yet.
      if (message.type === 'pre-vote-response' && message.granted) return true;
      const leads = ['append', 'heartbeat', 'snapshot'].includes(message.type);
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
      const { outbox, self } = this.#parts;
      const refusal = { rejected: true, index: 0, hint: { index: 0, term: 0 } } as const;
      const ends = { from: self, to: message.from, term: this.#term };
      outbox.sendWhenDurable(appendResponse(refusal, ends));
    } else if (message.type === 'pre-vote') {
      this.#answerVote(message, false);
    }
  }

  /** A leader of this term spoke: even a candidate follows it (section 5.2, A14). */
  follow(leader: ReplicaId): void {
    if (this.#role === 'leader') {
      throw new ImpossibleInput(`replica ${leader} leads term ${this.#term}, and so does this one`);
    }
    if (this.#role !== 'follower' || this.#leader !== leader) {
      this.#becomeFollower(this.#term, leader);
    }
    this.#election.restart();
  }

  /** The group was quiet: nobody has been silent for any time yet. */
  woken(): void {
    this.#election.restart();
  }

  stepDown(): void {
    if (this.#role !== 'follower') this.#becomeFollower(this.#term, NOBODY);
  }

  /** This replica is no member any longer; it neither leads nor follows. */
  resign(): void {
    this.#becomeFollower(this.#term, NOBODY);
  }

  // Votes given ---------------------------------------------------------------------------

  voteRequested(message: VoteRequest): void {
    const { log, membership } = this.#parts;
    // What the candidate knows to be committed is so here, where the logs agree (E4).
    if (log.matches({ index: message.commit, term: message.commitTerm })) {
      log.commitTo(message.commit);
    }
    // The ballot is of a configuration that is not the newest committed one any longer (E2).
    const campaigning = this.#role === 'candidate' || this.#role === 'pre-candidate';
    if (campaigning && log.configurationUnapplied) this.#becomeFollower(this.#term, NOBODY);
    const voter = { term: this.#term, vote: this.#vote, leader: this.#leader, log };
    // A learner, and whoever does not know yet that it votes, votes when asked (E3). Who holds
    // nothing was never asked before it was caught up, so it votes only by mistake: as somebody
    // that it no longer is (B5).
    const granted = !membership.uninitialised && mayGrant(message, voter);
    if (granted && message.type === 'vote') {
      this.#vote = message.from;
      // Only a granted vote resets the clock (A13).
      this.#election.restart();
    }
    this.#answerVote(message, granted);
  }

  #answerVote(message: VoteRequest, granted: boolean): void {
    const { outbox, self } = this.#parts;
    outbox.sendWhenDurable(voteAnswer(message, { self, term: this.#term, granted }));
  }

  // Votes asked for -----------------------------------------------------------------------

  /** The host wants this replica to lead. */
  campaign(): void {
    if (this.#role !== 'leader') this.#campaign('pre-vote', false);
  }

  /** The leader wants it. The voters are told, or those who hear the leader would refuse. */
  timeoutNow(message: TimeoutNow): void {
    if (this.#role === 'leader') return;
    const asked = { index: message.lastIndex, term: message.lastTerm };
    if (this.#parts.log.matches(asked)) this.#campaign('vote', true);
  }

  /**
   * Two configurations may lie between the one in force here and the newest one, if a committed
   * one is not applied yet; then two leaders could be elected by majorities that have nobody in
   * common (E2).
   */
  get #mayCampaign(): boolean {
    const { membership, log, self, stateIsWhole } = this.#parts;
    return membership.isVoter(self) && stateIsWhole() && !log.configurationUnapplied;
  }

  #campaign(ballot: Ballot, transfer: boolean): void {
    const { persistence, self, leaderChanging } = this.#parts;
    if (!this.#mayCampaign) return;
    invariant(this.#role !== 'leader', 'a leader does not campaign (A10)');
    leaderChanging();
    // No leader while campaigning, else every vote is refused as "hears a leader" (A6).
    this.#leader = NOBODY;
    this.#election.openBallot();
    this.#election.restart();
    if (ballot === 'pre-vote') {
      this.#role = 'pre-candidate';
    } else {
      this.#role = 'candidate';
      this.#term += 1;
      this.#vote = self;
      persistence.forgetSelfVote();
    }
    this.#askForVotes(ballot, transfer);
    if (ballot === 'pre-vote') {
      this.#election.record(self, true);
      this.#countVotes('pre-vote');
    }
  }

  /**
   * Nobody leads, as far as a replica without a vote knows. It may be that it was removed; then
   * the leader says so (`gone`). Or it led, was voted out, and is the only one to know that this
   * is committed: then the others learn it, and need its vote no longer (E4). A rehearsal says
   * all that and commits nobody to anything; the grants are of no use here. One that was removed
   * before its first snapshot came knows no members, only who has spoken to it.
   */
  #askWhetherMember(): void {
    const { membership, log, outbox, self } = this.#parts;
    const term = this.#term + 1;
    const request = { ballot: 'pre-vote', from: self, term, transfer: false } as const;
    for (const to of new Set([...membership.replicas, this.#lastLeader])) {
      if (to === self || to === NOBODY) continue;
      outbox.sendNow(voteRequest(log, { ...request, to }));
    }
  }

  #askForVotes(ballot: Ballot, transfer: boolean): void {
    const { membership, log, outbox, self } = this.#parts;
    const term = ballot === 'pre-vote' ? this.#term + 1 : this.#term;
    for (const voter of membership.replicas) {
      if (voter === self || !membership.isVoter(voter)) continue;
      const request = voteRequest(log, { ballot, from: self, to: voter, term, transfer });
      // A vote is asked for only when the new term and the own vote are durable: otherwise a
      // crash lets the old grant elect a replica that lost its log's end (A1, R6).
      if (ballot === 'vote') outbox.sendWhenDurable(request);
      else outbox.sendNow(request);
    }
  }

  voteAnswered(message: VoteResponse): void {
    const ballot = message.type === 'pre-vote-response' ? 'pre-vote' : 'vote';
    const asked =
      ballot === 'pre-vote' ? this.#role === 'pre-candidate' : this.#role === 'candidate';
    if (!asked) return;
    // A grant for another pre-vote than this one.
    if (ballot === 'pre-vote' && message.granted && message.term !== this.#term + 1) return;
    this.#election.record(message.from, message.granted);
    this.#countVotes(ballot);
  }

  selfVoteDurable(): void {
    if (this.#role !== 'candidate') return;
    this.#election.record(this.#parts.self, true);
    this.#countVotes('vote');
  }

  #countVotes(ballot: Ballot): void {
    const result = this.#election.result(this.#parts.membership);
    if (result === 'lost') this.#becomeFollower(this.#term, NOBODY);
    if (result !== 'won' || !this.#mayCampaign) return;
    if (ballot === 'pre-vote') this.#campaign('vote', false);
    else this.#becomeLeader();
  }

  // Roles ---------------------------------------------------------------------------------

  #becomeFollower(term: Term, leader: ReplicaId): void {
    invariant(term >= this.#term, 'terms never fall');
    const wasFollower = this.#role === 'follower';
    if (this.#leader !== leader || !wasFollower) this.#parts.leaderChanging();
    if (term > this.#term) {
      this.#term = term;
      // Only a new term frees the vote; stepping down within one does not (A2).
      this.#vote = NOBODY;
    }
    // Merely hearing of a new term does not, or a hopeless candidate blocks better ones (A13).
    if (!wasFollower || leader !== NOBODY) this.#election.restart();
    this.#role = 'follower';
    this.#leader = leader;
    if (leader !== NOBODY) this.#lastLeader = leader;
    this.#lastReadContext = this.#leadership?.reads.lastContext ?? this.#lastReadContext;
    this.#leadership = undefined;
    this.#parts.persistence.forgetSelfVote();
  }

  #becomeLeader(): void {
    invariant(this.#role === 'candidate', 'only a candidate wins');
    const { self, membership, log, outbox, timing, limits } = this.#parts;
    this.#role = 'leader';
    this.#leader = self;
    // While it leads the clock stands still: it "hears a leader" until check-quorum says no.
    this.#election.restart();
    this.#leadership = new Leadership({
      self,
      term: this.#term,
      membership,
      log,
      outbox,
      timing,
      limits,
      lastContext: this.#lastReadContext,
    });
  }
}
