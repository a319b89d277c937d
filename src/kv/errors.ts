/**
 * Every way a key-value request can fail below HTTP: a stable code, what is known of its effect,
 * whether a retry can help, and one sentence. `src/http` adds the status; `docs/ERRORS.md` lists
 * them all, and a test compares both ways.
 */
export type Outcome = 'not_applied' | 'unknown';

interface ErrorKind {
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly sentence: string;
}

export const kvErrors = {
  no_leader: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The shard has no leader that a majority follows; nothing was applied.',
  },
  not_leader: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'This node does not lead the shard and was asked not to forward.',
  },
  overloaded: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'A named queue of this shard or node is full; nothing was applied.',
  },
  stopping: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The node is shutting down and takes no new work.',
  },
  deadline_before_proposal: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The time ran out before the write was proposed; nothing was applied.',
  },
  lost_leadership: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'Another entry was committed in the place of this write; it was not applied.',
  },
  outcome_unknown: {
    outcome: 'unknown',
    retryable: false,
    sentence: 'The write was proposed and its fate is not known: it may or may not be applied.',
  },
  too_stale: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'No replica could be read that is as fresh as max_staleness asks for.',
  },
  tag_full: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The hash tag of this key already holds 1,048,576 keys.',
  },
  shard_not_found: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no such shard.',
  },
  node_not_found: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no such node in this cluster.',
  },
  epoch_mismatch: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The members of the shard have changed since expected_epoch.',
  },
  change_in_progress: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'Another change of the members of this shard is under way.',
  },
  not_a_member: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The node has no replica of this shard.',
  },
  wrong_role: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The replica is a voter or a learner where the request needs the other.',
  },
  last_voter: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The last voter of a shard cannot leave.',
  },
  quorum_at_risk: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'Too few voters would be left that are there now; the shard would stop.',
  },
  node_away: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The node is away, and the request needs it.',
  },
  not_caught_up: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The replica lacks too much of the log to lead or to vote.',
  },
  transfer_failed: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'The leadership was not taken over; the shard is led as before.',
  },
  plan_not_found: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no such plan, or it was cleared away after it expired.',
  },
  job_not_found: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no such job, or it ended long ago.',
  },
  pin_not_found: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no such pin.',
  },
  plan_refused: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'There is no safe way to this goal.',
  },
  nothing_to_do: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The goal is reached already; there is nothing to execute.',
  },
  stale_plan: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The shard map is not the one that the plan was made for, or the plan has expired.',
  },
  shard_busy: {
    outcome: 'not_applied',
    retryable: true,
    sentence: 'Another job holds a shard that this one needs.',
  },
  job_ended: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The job has ended, or is about to.',
  },
  node_in_use: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The node still holds replicas, or is part of the cluster in another way.',
  },
  idempotency_key_reused: {
    outcome: 'not_applied',
    retryable: false,
    sentence: 'The Idempotency-Key was used before, for another request.',
  },
  storage_failed: {
    outcome: 'not_applied',
    retryable: true,
    sentence:
      'A bad disk or an impossible message stopped this node; it serves nothing until restarted.',
  },
} as const satisfies Record<string, ErrorKind>;

export type KvErrorCode = keyof typeof kvErrors;

/** Facts that travel with an error to whoever asked. */
export interface KvErrorFacts {
  readonly shard?: number;
  /** Node that leads the shard, as far as known here. */
  readonly leader?: number;
  readonly leaderHttpAddress?: string;
  readonly retryAfterMs?: number;
  readonly stalenessMs?: number;
  /** Of the shard's members, where another one was expected. */
  readonly currentEpoch?: number;
  /** Why there is no plan, as a code. */
  readonly refusal?: string;
}

export class KvError extends Error {
  override readonly name = 'KvError';
  readonly code: KvErrorCode;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly facts: KvErrorFacts;
  constructor(code: KvErrorCode, facts: KvErrorFacts = {}, detail?: string) {
    super(detail ?? kvErrors[code].sentence);
    this.code = code;
    this.outcome = kvErrors[code].outcome;
    this.retryable = kvErrors[code].retryable;
    this.facts = facts;
  }
}
