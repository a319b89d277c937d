/** What HTTP adds to the codes of the key-value layer: a status, a wait, and advice. */
import type { KvErrorCode } from '../kv/errors.js';

interface KvKind {
  readonly status: number;
  readonly retryAfterMs?: number;
  readonly advice: string;
}

export const kvKinds: Readonly<Record<KvErrorCode, KvKind>> = {
  no_leader: {
    status: 503,
    retryAfterMs: 300,
    advice:
      'Retry after the given time. `GET` with `?consistency=stale` still reads. If it lasts, ' +
      'look at `/readyz?verbose` and `/admin/v1/shards`: a majority of the replicas is missing.',
  },
  not_leader: {
    status: 421,
    advice: 'Send the request to `leader_address`, or drop `Kvorum-Forward: never`.',
  },
  overloaded: {
    status: 429,
    retryAfterMs: 200,
    advice: 'Retry with back-off and jitter. `limit` names the limit that was reached.',
  },
  stopping: {
    status: 503,
    retryAfterMs: 1000,
    advice: 'Send the request to another node, or retry when this one is back.',
  },
  deadline_before_proposal: {
    status: 503,
    retryAfterMs: 300,
    advice: 'Retry; give more time with `Kvorum-Timeout` if the cluster is slow.',
  },
  lost_leadership: {
    status: 503,
    retryAfterMs: 300,
    advice: 'Retry: the write certainly did not happen and a new leader is there or near.',
  },
  outcome_unknown: {
    status: 504,
    advice:
      'Read the key before writing again. Writes with one tag in `If-Match`, or with ' +
      '`If-None-Match: *`, may be repeated as they are: the second one fails with 412 if the ' +
      'first was applied.',
  },
  too_stale: {
    status: 503,
    retryAfterMs: 300,
    advice: 'Raise `max_staleness`, or read with `?consistency=linearizable`.',
  },
  tag_full: {
    status: 507,
    advice: 'Spread the keys over more hash tags, or delete some of this one.',
  },
  shard_not_found: {
    status: 404,
    advice: '`GET /admin/v1/shards` lists the shards.',
  },
  node_not_found: {
    status: 404,
    advice: '`GET /admin/v1/nodes` lists the nodes; a new one is named to all of them first.',
  },
  epoch_mismatch: {
    status: 412,
    advice: 'Look at the members again and decide anew; `current_epoch` is what to expect now.',
  },
  change_in_progress: {
    status: 409,
    retryAfterMs: 1000,
    advice:
      'Wait until it is done, or end it: a request about the node that it brings in takes its ' +
      'place, for example its removal.',
  },
  not_a_member: {
    status: 409,
    advice: '`GET /admin/v1/shards/{id}` lists the members; add the node first.',
  },
  wrong_role: {
    status: 409,
    advice: 'See `detail`; `GET /admin/v1/shards/{id}` shows the roles.',
  },
  last_voter: {
    status: 409,
    advice: 'Add another voter first.',
  },
  quorum_at_risk: {
    status: 409,
    advice:
      'Bring back the nodes that `detail` names, or replace one of them by a node that is there.',
  },
  node_away: {
    status: 409,
    advice:
      'Start the node, or mend the link that `GET /admin/v1/nodes` shows. `"force": true` adds ' +
      'it all the same; it is promoted when it is there and has caught up.',
  },
  not_caught_up: {
    status: 409,
    retryAfterMs: 1000,
    advice: 'Wait; `GET /admin/v1/shards/{id}` on the leader shows how much it lacks.',
  },
  transfer_failed: {
    status: 503,
    retryAfterMs: 1000,
    advice: 'Repeat it, or name another node. The target was slow, away, or lost the election.',
  },
  plan_not_found: {
    status: 404,
    advice: '`GET /admin/v1/plans` lists the plans; make a new one.',
  },
  job_not_found: {
    status: 404,
    advice: '`GET /admin/v1/jobs` lists the jobs.',
  },
  pin_not_found: {
    status: 404,
    advice: '`GET /admin/v1/pins` lists the pins.',
  },
  plan_refused: {
    status: 409,
    advice: '`detail` has the reason and the next thing to do, `refusal` its code.',
  },
  nothing_to_do: {
    status: 409,
    advice: 'Nothing; the cluster is as you want it.',
  },
  stale_plan: {
    status: 412,
    advice: 'Make the plan again and read it; `current_epoch` is the epoch of the map now.',
  },
  shard_busy: {
    status: 409,
    retryAfterMs: 5000,
    advice: 'Wait until the job that `detail` names has ended, or cancel it.',
  },
  job_ended: {
    status: 409,
    advice: '`GET /admin/v1/jobs/{id}` has its state; `rollback-plan` is the way back.',
  },
  node_in_use: {
    status: 409,
    advice: 'Drain it first: `POST /admin/v1/nodes/{id}/drain`, and wait for the job.',
  },
  idempotency_key_reused: {
    status: 422,
    advice: 'Take a new key for a new request, and the same one only to repeat a request.',
  },
  storage_failed: {
    status: 503,
    retryAfterMs: 5000,
    advice:
      'Use another node. Operator: `/readyz?verbose` and the log of this node say why; ' +
      'mend that, restart.',
  },
};
