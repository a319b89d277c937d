/**
 * The smallest part of a history that the checker still calls invalid: first one key, then what
 * came before the answer that cannot be, then as few operations as there may be.
 */
import { check, type ModelName } from '../checker/index.js';
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { minimize } from './delta.js';
import { closed, dependencies } from './dependencies.js';

export interface ShrinkOptions {
  readonly model: ModelName;
  readonly events: readonly HistoryEvent[];
  readonly timeMs: number;
}

/** Of one check among many. */
const checkMs = 2_000;

/** Undefined when the history is not invalid within the time of one check. */
export function shrinkHistory(
  operations: readonly Operation[],
  { model, events, timeMs }: ShrinkOptions,
): readonly Operation[] | undefined {
  const endMs = performance.now() + timeMs;
  const invalid = (candidate: readonly Operation[]) =>
    check(candidate, { model, events, timeMs: checkMs }).validity === 'invalid';
  const judged = check(operations, { model, events, timeMs });
  if (judged.validity !== 'invalid') return undefined;
  let current = operations;
  const broken = judged.keys.find(({ validity }) => validity === 'invalid')?.key;
  const ofKey = operations.filter(({ key }) => key === broken);
  if (broken !== undefined && invalid(ofKey)) current = ofKey;
  const bare = current.map(withoutFacts);
  if (invalid(bare)) current = bare;
  const needs = dependencies(current);
  const numbers = minimize(
    current.map(({ number }) => number),
    (kept) => {
      const closure = closed(kept, needs);
      const candidate = current.filter(({ number }) => closure.has(number));
      return invalid(candidate) ? candidate.map(({ number }) => number) : undefined;
    },
    endMs,
  );
  const left = new Set(numbers);
  return current.filter(({ number }) => left.has(number));
}

/** Without what only some products say. If it is invalid so, it needs less to explain it. */
function withoutFacts(operation: Operation): Operation {
  const { node, error } = operation.facts;
  const decided = operation.facts.outcome === 'precondition-failed';
  const conditional = Object.keys(operation.condition).length > 0;
  if (decided || conditional) return operation;
  return {
    ...operation,
    facts: { ...(node !== undefined && { node }), ...(error !== undefined && { error }) },
  };
}
