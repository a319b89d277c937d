/**
 * Majority arithmetic over replica ids, and nothing else: it knows no logs and no roles.
 *
 * During a membership change two sets of voters decide together and each decision needs a
 * majority of both (section 6, joint consensus). An empty `outgoing` set decides nothing.
 */
import type { Index, ReplicaId } from './types.js';

export interface Quorum {
  readonly voters: readonly ReplicaId[];
  readonly outgoing: readonly ReplicaId[];
}

export type VoteResult = 'won' | 'lost' | 'pending';

export function majoritySize(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The greatest number that a majority of every voter set has reached. `reached` gives a voter's
 * own: a matched index for commit, an acknowledged context for read rounds.
 */
export function reachedByQuorum(
  quorum: Quorum,
  reached: (replica: ReplicaId) => number,
): Index | number {
  return Math.min(
    reachedByMajority(quorum.voters, reached),
    reachedByMajority(quorum.outgoing, reached),
  );
}

/** Infinity for an empty set, so that the other set alone decides. */
function reachedByMajority(
  voters: readonly ReplicaId[],
  reached: (replica: ReplicaId) => number,
): number {
  const count = voters.length;
  if (count === 0) return Number.POSITIVE_INFINITY;
  // Sorted afresh each time: keeping the order between calls is how B16 lost a quorum.
  const sorted = voters.map(reached).sort((a, b) => b - a);
  return sorted[majoritySize(count) - 1] ?? 0;
}

/** `vote` says yes, no, or undefined for a voter that has not answered. */
export function voteResult(
  quorum: Quorum,
  vote: (replica: ReplicaId) => boolean | undefined,
): VoteResult {
  const incoming = majorityVote(quorum.voters, vote);
  const outgoing = majorityVote(quorum.outgoing, vote);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

function majorityVote(
  voters: readonly ReplicaId[],
  vote: (replica: ReplicaId) => boolean | undefined,
): VoteResult {
  const needed = majoritySize(voters.length);
  if (voters.length === 0) return 'won';
  let yes = 0;
  let no = 0;
  for (const voter of voters) {
    const answer = vote(voter);
    if (answer === true) yes += 1;
    else if (answer === false) no += 1;
  }
  if (yes >= needed) return 'won';
  return voters.length - no < needed ? 'lost' : 'pending';
}
