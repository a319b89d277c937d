/** For models that judge each key by a rule: its operations, the time it took, the words. */
import type { Value } from '../history/event.js';
import { HistoryError } from '../history/history-error.js';
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import { type KeyVerdict, type Verdict, worst } from './verdict.js';

export interface Finding {
  readonly explanation: string;
  readonly culprits: readonly number[];
  /** Nothing is wrong as far as it was looked, and it could not be looked at to the end. */
  readonly undecided?: true;
}

export interface KeyRule {
  readonly claim: string;
  /** The operations that it understands. */
  readonly fs: readonly string[];
  /** The first violation among the operations of one key. */
  judge(operations: readonly Operation[]): Finding | undefined;
}

export function judgeByKey(rule: KeyRule, operations: readonly Operation[]): Verdict {
  const own = operations.filter(({ f }) => rule.fs.includes(f));
  const findings: (Finding & { readonly key: string })[] = [];
  const keys: KeyVerdict[] = [];
  for (const [key, ofKey] of byKey(own)) {
    const began = performance.now();
    const finding = judgeSense(rule, ofKey);
    if (finding !== undefined) findings.push({ key, ...finding });
    const found = finding?.undecided === true ? 'unknown' : 'invalid';
    keys.push({
      key,
      validity: finding === undefined ? 'valid' : found,
      operations: ofKey.length,
      unknowns: ofKey.filter(({ status }) => status === 'unknown').length,
      method: 'rule',
      milliseconds: Math.round((performance.now() - began) * 1000) / 1000,
    });
  }
  const { claim } = rule;
  const counts = {
    operations: own.length,
    'of other models': operations.length - own.length,
    keys: keys.length,
    unknowns: keys.reduce((sum, { unknowns }) => sum + unknowns, 0),
    'keys with violations': findings.filter(({ undecided }) => undecided !== true).length,
  };
  if (own.length === 0) {
    const explanation = 'there is no operation that this model has';
    return { validity: 'unknown', claim, explanation, counts, keys, culprits: [] };
  }
  const validity = worst(keys.map((key) => key.validity));
  const first = findings.find(({ undecided }) => undecided !== true) ?? findings[0];
  const where = first === undefined || first.key === '' ? '' : `key ${first.key}: `;
  const explanation = where + (first?.explanation ?? '');
  return { validity, claim, explanation, counts, keys, culprits: first?.culprits ?? [] };
}

/** An answer that makes no sense, a damaged one say, is a violation; a senseless call is none. */
function judgeSense(rule: KeyRule, operations: readonly Operation[]): Finding | undefined {
  try {
    return rule.judge(operations);
  } catch (error) {
    if (error instanceof SenselessAnswer) return error.finding;
    throw error;
  }
}

export class SenselessAnswer extends Error {
  readonly finding: Finding;

  constructor(operation: Operation, wanted: string) {
    super(`${tell(operation)}: that is not ${wanted}`);
    this.finding = finding(this.message, operation);
  }
}

export function byKey(operations: readonly Operation[]): Map<string, Operation[]> {
  const keys = new Map<string, Operation[]>();
  for (const operation of operations) {
    const key = operation.key ?? '';
    const ofKey = keys.get(key);
    if (ofKey === undefined) keys.set(key, [operation]);
    else ofKey.push(operation);
  }
  return keys;
}

export function undecided(explanation: string): Finding {
  return { explanation, culprits: [], undecided: true };
}

export function finding(explanation: string, ...culprits: readonly Operation[]): Finding {
  return { explanation, culprits: [...new Set(culprits.map(({ number }) => number))] };
}

export function askedNumber(operation: Operation): number {
  const { asked } = operation;
  if (typeof asked === 'number' && Number.isFinite(asked)) return asked;
  throw malformed(operation, asked, 'a number');
}

export function answeredNumber(operation: Operation): number {
  const { answered } = operation;
  if (typeof answered === 'number' && Number.isFinite(answered)) return answered;
  throw new SenselessAnswer(operation, 'a number');
}

/** For calls that make no sense: whoever wrote the history down was wrong; nothing is judged. */
export function malformed(
  { number, f }: Operation,
  value: Value | undefined,
  wanted: string,
): HistoryError {
  const shown = JSON.stringify(value) ?? 'nothing';
  return new HistoryError(`operation ${number} ("${f}"): ${shown} is not ${wanted}`);
}
