/** An operation: its call and its answer, paired. */
import type { AnswerFacts, RevisionCondition, Value } from './event.js';

export interface Operation {
  /** Counts calls from 0; names the operation in explanations and reports. */
  readonly number: number;
  readonly process: number;
  readonly f: string;
  readonly key: string | undefined;
  readonly asked: Value | undefined;
  readonly condition: RevisionCondition;
  readonly consistency: 'linearizable' | 'stale';
  readonly status: 'ok' | 'fail' | 'unknown';
  readonly answered: Value | undefined;
  readonly facts: AnswerFacts;
  /** Position of the call among all events: what happened before what. */
  readonly invokedAt: number;
  /** Of the answer. Infinity when the outcome is unknown: it may take effect at any time. */
  readonly completedAt: number;
  /** For people. */
  readonly invokedNs: number;
  readonly completedNs: number;
}
