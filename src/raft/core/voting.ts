/**
 * Asking for a vote and deciding on one (sections 5.2 and 5.4.1), the rehearsal included: a
 * pre-vote asks what a vote would be answered, without touching anybody's term or vote.
 */
import type { RaftLog } from './log.js';
import { NOBODY, type ReplicaId, type Term, type VoteRequest, type VoteResponse } from './types.js';

export type Ballot = 'pre-vote' | 'vote';

export interface Voter {
  readonly term: Term;
  readonly vote: ReplicaId;
  readonly leader: ReplicaId;
  readonly log: RaftLog;
}

/** The voter's term is settled: for a vote it equals the request's. */
export function mayGrant(request: VoteRequest, voter: Voter): boolean {
  // The same candidate may ask again after a lost answer (A11). A pre-vote for a later term
  // binds nobody, so it is given to as many as ask.
  const free =
    voter.vote === request.from ||
    (voter.vote === NOBODY && voter.leader === NOBODY) ||
    (request.type === 'pre-vote' && request.term > voter.term);
  return free && voter.log.isUpToDate({ index: request.lastIndex, term: request.lastTerm });
}

export function voteRequest(
  log: RaftLog,
  to: { ballot: Ballot; from: ReplicaId; to: ReplicaId; term: Term; transfer: boolean },
): VoteRequest {
  const last = log.last;
  return {
    type: to.ballot,
    from: to.from,
    to: to.to,
    term: to.term,
    lastIndex: last.index,
    lastTerm: last.term,
    commit: log.commit,
    commitTerm: log.term(log.commit) ?? 0,
    transfer: to.transfer,
  };
}

/** A grant names the term that was asked for, a refusal the voter's own (A5). */
export function voteAnswer(
  request: VoteRequest,
  answer: { self: ReplicaId; term: Term; granted: boolean },
): VoteResponse {
  return {
    type: request.type === 'pre-vote' ? 'pre-vote-response' : 'vote-response',
    from: answer.self,
    to: request.from,
    term: answer.granted ? request.term : answer.term,
    granted: answer.granted,
  };
}
