/**
 * RequestVote, receiver implementation (figure 2), and its rehearsal.
 */
import t from 'tap';
import { NOBODY, type VoteRequest } from '../../../src/raft/core/types.js';
import { mayGrant, voteAnswer, voteRequest } from '../../../src/raft/core/voting.js';
import { logOfTerms } from './log-of-terms.js';

const request = (change: Partial<VoteRequest> = {}): VoteRequest => ({
  type: 'vote',
  from: 2,
  to: 1,
  term: 5,
  lastIndex: 3,
  lastTerm: 2,
  commit: 0,
  commitTerm: 0,
  transfer: false,
  ...change,
});
const voter = (change: Partial<Parameters<typeof mayGrant>[1]> = {}) => ({
  term: 5,
  vote: NOBODY,
  leader: NOBODY,
  log: logOfTerms([1, 1, 2]),
  ...change,
});

t.test('RequestVote 2: granted to one candidate per term, first come first served', async (t) => {
  t.equal(mayGrant(request(), voter()), true);
  t.equal(mayGrant(request(), voter({ vote: 3 })), false);
  t.equal(mayGrant(request(), voter({ vote: 2 })), true, 'A11: the answer was lost, ask again');
});

t.test('a term that has a leader needs no other', async (t) => {
  t.equal(mayGrant(request(), voter({ leader: 3 })), false);
});

t.test('5.4.1, A12: the later last term wins, then the longer log', async (t) => {
  const grants = (lastTerm: number, lastIndex: number) =>
    mayGrant(request({ lastTerm, lastIndex }), voter());
  t.equal(grants(2, 3), true, 'equal');
  t.equal(grants(2, 2), false, 'shorter');
  t.equal(grants(2, 9), true, 'longer');
  t.equal(grants(3, 1), true, 'later term, shorter log');
  t.equal(grants(1, 9), false, 'earlier term, longer log');
});

t.test('9.6: a rehearsal for a later term is granted to everybody who could win', async (t) => {
  const rehearsal = request({ type: 'pre-vote', term: 6 });
  t.equal(mayGrant(rehearsal, voter({ vote: 3, leader: 3 })), true);
  t.equal(mayGrant({ ...rehearsal, lastIndex: 1 }, voter()), false);
  t.equal(mayGrant({ ...rehearsal, term: 5 }, voter({ vote: 3 })), false, 'not for this term');
});

t.test('E4: a request says what its candidate knows to be committed', async (t) => {
  const log = logOfTerms([1, 1, 2], { commit: 2 });
  const ends = { ballot: 'vote', from: 1, to: 2, term: 7, transfer: true } as const;
  t.same(voteRequest(log, ends), {
    type: 'vote',
    from: 1,
    to: 2,
    term: 7,
    lastIndex: 3,
    lastTerm: 2,
    commit: 2,
    commitTerm: 1,
    transfer: true,
  });
});

t.test('A5: a grant names the term that was asked for, a refusal the own one', async (t) => {
  const rehearsal = request({ type: 'pre-vote', term: 9 });
  const ends = { type: 'pre-vote-response', from: 1, to: 2 };
  const answer = (granted: boolean) => voteAnswer(rehearsal, { self: 1, term: 5, granted });
  t.same(answer(true), { ...ends, term: 9, granted: true });
  t.same(answer(false), { ...ends, term: 5, granted: false });
  t.match(voteAnswer(request(), { self: 1, term: 5, granted: true }), { type: 'vote-response' });
});
