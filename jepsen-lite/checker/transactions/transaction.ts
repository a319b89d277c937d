/** Transactions, read from operations: steps on keys that take effect together or not at all. */
import type { Value } from '../../history/event.js';
import { HistoryError } from '../../history/history-error.js';
import type { Operation } from '../../history/operation.js';

export type WriteKind = 'append' | 'w';

/** What is appended or written: of one key each at most once, so that it names its writer. */
export type Element = number | string | boolean;

export interface ReadStep {
  readonly kind: 'r';
  readonly key: string;
  /** Undefined: nobody knows what was read. */
  readonly value: Value | undefined;
}

export interface WriteStep {
  readonly kind: 'write';
  readonly key: string;
  readonly element: Element;
}

export type Step = ReadStep | WriteStep;

export interface Transaction {
  readonly operation: Operation;
  readonly steps: readonly Step[];
}

/** All that were asked for. Other operations are left to other models. */
export function toTransactions(operations: readonly Operation[], writes: WriteKind): Transaction[] {
  return operations
    .filter(({ f }) => f === 'txn')
    .map((operation) => ({ operation, steps: stepsOf(operation, writes) }));
}

export function isElement(value: Value | undefined): value is Element {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

function stepsOf(operation: Operation, writes: WriteKind): Step[] {
  const answered = operation.status === 'ok' && operation.answered !== undefined;
  const steps = answered ? operation.answered : operation.asked;
  if (!Array.isArray(steps)) throw malformed(operation, steps ?? null, 'a list of steps');
  const { asked } = operation;
  if (answered && Array.isArray(asked) && asked.length !== steps.length) {
    throw malformed(operation, steps, `an answer to each of the ${asked.length} steps asked`);
  }
  return steps.map((step: Value) => toStep(operation, step, { writes, answered }));
}

function toStep(
  operation: Operation,
  step: Value,
  { writes, answered }: { writes: WriteKind; answered: boolean },
): Step {
  const [kind, key, value] = Array.isArray(step) ? (step as readonly Value[]) : [];
  const keyed = typeof key === 'string' || typeof key === 'number';
  if (keyed && kind === 'r') {
    return { kind, key: String(key), value: answered ? (value ?? null) : undefined };
  }
  if (keyed && kind === writes && isElement(value)) {
    return { kind: 'write', key: String(key), element: value };
  }
  throw malformed(operation, step, `["r", key, value] or ["${writes}", key, value]`);
}

export function malformed(operation: Operation, value: Value, wanted: string): HistoryError {
  const { number, f } = operation;
  return new HistoryError(
    `operation ${number} ("${f}"): ${JSON.stringify(value)} is not ${wanted}`,
  );
}
