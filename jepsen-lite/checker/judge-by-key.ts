/** For models that judge each key by a rule: the operations of each, the time it took, the words. */
import type { Value } from '../history/event.js';
import { HistoryError } from '../history/history-error.js';
import type { Operation } from '../history/operation.js';
import { type KeyVerdict, type Verdict, worst } from './verdict.js';

export interface Finding {
  readonly explanation: string;
  readonly culprits: readonly number[];
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
    const finding = rule.judge(ofKey);
    if (finding !== undefined) findings.push({ key, ...finding });
    keys.push({
      key,
      validity: finding === undefined ? 'valid' : 'invalid',
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
    'keys with violations': findings.length,
  };
  if (own.length === 0) {
    const explanation = 'there is no operation that this model has';
    return { validity: 'unknown', claim, explanation, counts, keys, culprits: [] };
  }
  const validity = worst(keys.map((key) => key.validity));
  const [first] = findings;
  const where = first === undefined || first.key === '' ? '' : `key ${first.key}: `;
  const explanation = where + (first?.explanation ?? '');
  return { validity, claim, explanation, counts, keys, culprits: first?.culprits ?? [] };
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

export function finding(explanation: string, ...culprits: readonly Operation[]): Finding {
  return { explanation, culprits: [...new Set(culprits.map(({ number }) => number))] };
}

/** For values that make no sense in themselves. */
export function numberOf(operation: Operation, value: Value | undefined): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw malformed(operation, value, 'a number');
}

export function malformed(
  { number, f }: Operation,
  value: Value | undefined,
  wanted: string,
): HistoryError {
  const shown = JSON.stringify(value) ?? 'nothing';
  return new HistoryError(`operation ${number} ("${f}"): ${shown} is not ${wanted}`);
}
