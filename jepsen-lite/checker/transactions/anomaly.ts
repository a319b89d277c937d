/** What can be wrong with a history of transactions, from the worst on. */
import type { CycleClass } from './cycles.js';

export type AnomalyClass = (typeof directClasses)[number] | CycleClass | `${CycleClass}-realtime`;

/** Seen without looking for cycles. */
const directClasses = [
  'garbage-read',
  'duplicate-elements',
  'incompatible-order',
  'internal',
  'G1a',
  'G1b',
  'lost-update',
] as const;

export interface Anomaly {
  readonly class: AnomalyClass;
  readonly explanation: string;
  /** Numbers of operations. */
  readonly culprits: readonly number[];
}

export const classMeanings: Readonly<Record<AnomalyClass, string>> = {
  'garbage-read': 'a read of what nobody wrote',
  'duplicate-elements': 'one append took effect twice',
  'incompatible-order': 'two reads of a list of which neither continues the other',
  internal: 'a transaction that does not see its own steps',
  G1a: 'a read of what was refused',
  G1b: 'a read from the middle of a transaction',
  'lost-update': 'two changes of the same version, both confirmed',
  G0: 'writes of transactions that are interleaved',
  G1c: 'transactions that each saw the other',
  'G-single': 'a read of the past within a transaction that also knows the present',
  'G-nonadjacent': 'reads of the past that no snapshot explains',
  'G2-item': 'transactions that each missed what another one wrote',
  'G0-realtime': 'writes whose order contradicts real time',
  'G1c-realtime': 'a read of what was written only later',
  'G-single-realtime': 'a read of the past: what it missed had been confirmed before',
  'G-nonadjacent-realtime': 'reads of the past that no order in real time explains',
  'G2-item-realtime': 'transactions that missed what others wrote, in no order real time allows',
};

export const severity = Object.keys(classMeanings) as readonly AnomalyClass[];
