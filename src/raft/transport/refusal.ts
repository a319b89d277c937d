/**
 * Why one node does not talk to another. The codes are part of the wire format; the messages are
 * for an operator and are shown on both sides.
 */

export const refusalCodes = [
  'malformed',
  'protocol-version',
  'wrong-cluster',
  'unknown-node',
  'wrong-target',
  'configuration-differs',
  'wrong-secret',
  'reused-node-id',
  'duplicate-process',
  'identity-not-stored',
  'busy',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

export const refusalMessageCharactersMax = 500;

export function refusal(code: RefusalCode, message: string): Refusal {
  return { code, message };
}

export function refusalText(refused: Refusal): string {
  return `${refused.code}: ${refused.message}`;
}

/** What the other side says is shown to people: bounded, without control characters. */
export function parseRefusal(text: string): Refusal | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { code, message } = parsed as { code?: unknown; message?: unknown };
  const known = refusalCodes.find((candidate) => candidate === code);
  if (known === undefined || typeof message !== 'string') return undefined;
  return { code: known, message: printable(message).slice(0, refusalMessageCharactersMax) };
}

/** Replaces what could garble a terminal or forge a log line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
