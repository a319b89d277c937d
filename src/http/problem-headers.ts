/** The headers that a problem brings along, wherever it is answered. */
import { type ProblemCode, type ProblemFacts, retryAfterSeconds } from './problems.js';

/** Names and values in turn. */
export function problemHeaders(code: ProblemCode, facts: ProblemFacts): string[] {
  const headers = ['Content-Type', 'application/problem+json'];
  const retryAfter = retryAfterSeconds(code, facts);
  if (retryAfter !== undefined) headers.push('Retry-After', String(retryAfter));
  if (code === 'method_not_allowed') headers.push('Allow', (facts.allowed ?? []).join(', '));
  const { leader_address: leader } = facts;
  // An address comes from another node; what is no header value stays in the body.
  if (leader !== undefined && /^[\x21-\x7e]+$/.test(leader)) headers.push('Kvorum-Leader', leader);
  return headers;
}
