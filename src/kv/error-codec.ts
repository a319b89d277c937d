/**
 * How an error travels from the node that refused a request to the one that was asked: JSON, for
 * it is rare and grows. What this version does not know is no error of this version.
 */
import { KvError, type KvErrorCode, type KvErrorFacts, kvErrors } from './errors.js';

export function encodeError({ code, facts, message }: KvError): Buffer {
  return Buffer.from(JSON.stringify({ code, facts, message }), 'utf8');
}

/** Undefined for what is no error of this version. */
export function decodeError(text: Buffer): KvError | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
  const { code, facts, message } = Object(parsed) as Record<string, unknown>;
  if (typeof code !== 'string' || !Object.hasOwn(kvErrors, code)) return undefined;
  if (typeof message !== 'string') return undefined;
  return new KvError(code as KvErrorCode, decodeFacts(Object(facts)), message);
}

const counters = ['shard', 'leader', 'retryAfterMs', 'stalenessMs', 'currentEpoch'] as const;

function decodeFacts(facts: Record<string, unknown>): KvErrorFacts {
  const { leaderHttpAddress: address } = facts;
  const known: Record<string, number> = {};
  for (const name of counters) {
    const value = facts[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) known[name] = value;
  }
  return { ...known, ...(typeof address === 'string' && { leaderHttpAddress: address }) };
}
