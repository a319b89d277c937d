/**
 * What every request that the service carries out takes as headers: its time, and whether it may
 * be passed on to another node.
 */
import type { RequestContext } from '../kv/service.js';
import { invalidHeader } from './conditions.js';
import { describeDuration, parseDuration } from './duration.js';
import type { HttpLimits } from './limits.js';
import { Problem } from './problems.js';
import { type RequestHeaders, repeatedHeader } from './request-headers.js';

export function readContext(
  requestId: string,
  headers: RequestHeaders,
  limits: HttpLimits,
): RequestContext | Problem {
  const repeated = repeatedHeader(headers);
  if (repeated !== undefined) return repeated;
  if (headers.idempotencyKey !== undefined) {
    return new Problem('not_built', {
      detail:
        'Idempotency-Key is not built yet. If-Match and If-None-Match make writes repeatable.',
      feature: 'Idempotency-Key',
      header: 'Idempotency-Key',
    });
  }
  const { kvorumTimeout, kvorumForward } = headers;
  if (kvorumForward !== undefined && kvorumForward !== 'never') {
    return invalidHeader('Kvorum-Forward', kvorumForward, ['never']);
  }
  const { timeoutMsDefault, timeoutMsMin: minMs, timeoutMsMax: maxMs } = limits;
  let timeoutMs: number | undefined = timeoutMsDefault;
  if (kvorumTimeout !== undefined) {
    timeoutMs = parseDuration(kvorumTimeout, { minMs, maxMs });
    if (timeoutMs === undefined) {
      return invalidHeader('Kvorum-Timeout', kvorumTimeout, [describeDuration({ minMs, maxMs })]);
    }
  }
  return { requestId, timeoutMs, forward: kvorumForward === undefined };
}
