/** What a problem tells of an error of the key-value layer. */
import type { KvError } from '../kv/errors.js';
import type { ProblemFacts } from './problems.js';

export function kvProblemFacts({ message, facts }: KvError): ProblemFacts {
  const { shard, leader, leaderHttpAddress, retryAfterMs, stalenessMs, currentEpoch, refusal } =
    facts;
  return {
    detail: message,
    ...(shard === undefined ? {} : { shard }),
    ...(leader === undefined ? {} : { leader_node: leader }),
    ...(leaderHttpAddress === undefined ? {} : { leader_address: leaderHttpAddress }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(stalenessMs === undefined ? {} : { staleness_ms: Math.ceil(stalenessMs) }),
    ...(currentEpoch === undefined ? {} : { current_epoch: currentEpoch }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}
