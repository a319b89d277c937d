/** What a checker says of a history. `unknown` is never success. */

export type Validity = 'valid' | 'invalid' | 'unknown';

export interface Verdict {
  readonly validity: Validity;
  /** What was tested, e.g. "each key is a linearizable register". */
  readonly claim: string;
  /** Words for a person; empty when valid. */
  readonly explanation: string;
  /** E.g. keys witnessed, keys searched, transactions, anomalies by class. */
  readonly counts: Readonly<Record<string, number>>;
  /** One row per key where keys are judged alone. */
  readonly keys: readonly KeyVerdict[];
  /** Numbers of the operations that the explanation rests on. */
  readonly culprits: readonly number[];
}

export interface KeyVerdict {
  readonly key: string;
  readonly validity: Validity;
  readonly operations: number;
  readonly unknowns: number;
  /** What settled it: a rule, the order of revisions, or a search. */
  readonly method: 'rule' | 'witness' | 'search';
  readonly milliseconds: number;
  /** Of a search that ended without an order. */
  readonly evidence?: SearchEvidence;
}

/** How far a search came. */
export interface SearchEvidence {
  /** Numbers of the operations of the longest legal order found, and the state after each. */
  readonly longest: readonly { readonly operation: number; readonly state: string }[];
  /** What could come next in time, and why the model forbids each. */
  readonly stuck: readonly { readonly operation: number; readonly reason: string }[];
}

const order: readonly Validity[] = ['valid', 'unknown', 'invalid'];

/** The worst of all: invalid before unknown before valid; of nothing: valid. */
export function worst(validities: Iterable<Validity>): Validity {
  let found = 0;
  for (const validity of validities) found = Math.max(found, order.indexOf(validity));
  return order[found] ?? 'invalid';
}
