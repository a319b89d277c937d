/** What requests about the cluster bring along in their headers. */
import { createHash } from 'node:crypto';
import type { ClusterContext } from '../kv/balance/cluster-service.js';
import { invalidHeader } from './conditions.js';
import type { HttpLimits } from './limits.js';
import { Problem } from './problems.js';
import { readContext } from './request-context.js';
import type { RequestHeaders } from './request-headers.js';

export const idempotencyKeyCharactersMax = 200;

/** Who operates: until requests carry tokens, nobody can be told from another. */
const actor = 'operator';

export interface ClusterRequest {
  readonly id: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: RequestHeaders;
}

/** Throws a Problem for headers that are not acceptable. */
export function clusterContext(request: ClusterRequest, limits: HttpLimits): ClusterContext {
  const { id, headers, body } = request;
  const { idempotencyKey, ...others } = headers;
  const context = readContext(id, { ...others, idempotencyKey: undefined }, limits);
  if (context instanceof Problem) throw context;
  const { requestId, timeoutMs } = context;
  const given = (body as { reason?: unknown } | null | undefined)?.reason;
  const reason = typeof given === 'string' ? given : '';
  const common = { requestId, timeoutMs, actor, reason };
  if (idempotencyKey === undefined) return common;
  const inWords = `1 to ${idempotencyKeyCharactersMax} printable characters`;
  const readable = /^[\x21-\x7e]+$/.test(idempotencyKey);
  if (!readable || idempotencyKey.length > idempotencyKeyCharactersMax) {
    throw invalidHeader('Idempotency-Key', idempotencyKey, [inWords]);
  }
  return { ...common, idempotency: { key: idempotencyKey, fingerprint: fingerprintOf(request) } };
}

/** Of what was asked for: a key that comes with something else is refused. */
function fingerprintOf({ method, path, query, body }: ClusterRequest): string {
  const text = JSON.stringify([method, path, query, body ?? null]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The epoch of the map that the client decided by; undefined: whichever it is. */
export function expectedEpoch({ ifMatch }: RequestHeaders): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const epoch = Number(/^"(\d{1,15})"$/.exec(ifMatch)?.[1]);
  if (Number.isSafeInteger(epoch)) return epoch;
  throw invalidHeader('If-Match', ifMatch, ['*', 'the epoch as an entity tag, like "42"']);
}

export function epochTag(epoch: number): string {
  return `"${epoch}"`;
}
