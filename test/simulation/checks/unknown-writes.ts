/**
 * What can be said of writes without an answer before anything is searched. A search must try each
 * of them at every place; most need no place at all, or have an end after all.
 */
import type { Operation } from './history.js';
import type { RegisterModel } from './register-model.js';

/**
 * Takes the operations of one key. A write that took effect without an answer was over when the
 * first reader of its value had its answer. One that nobody can have seen is left out, unless an
 * answer that speaks of what stood there, be it a failed condition or `replaced`, may be due to it.
 */
export function patched(operations: readonly Operation[], model: RegisterModel): Operation[] {
  const seenAt = new Map<number, number>();
  let evidenceAt = Number.NEGATIVE_INFINITY;
  for (const { kind, status, told, completedAt } of operations) {
    if (status !== 'ok') continue;
    if (kind === 'put' || kind === 'delete') evidenceAt = Math.max(evidenceAt, completedAt);
    const put = told.value === undefined ? undefined : model.putOf(told.value);
    if (put === undefined) continue;
    seenAt.set(put.number, Math.min(seenAt.get(put.number) ?? completedAt, completedAt));
  }
  // What was seen took effect, and so its condition held: something stood there.
  for (const { number, status, kind } of operations) {
    const unanswered = status === 'unknown' && kind === 'put';
    if (unanswered) evidenceAt = Math.max(evidenceAt, seenAt.get(number) ?? evidenceAt);
  }
  return operations.flatMap((operation) => {
    if (operation.status !== 'unknown' || operation.kind !== 'put') return [operation];
    const completedAt = seenAt.get(operation.number);
    if (completedAt !== undefined) return [{ ...operation, completedAt }];
    if (operation.effectRevision !== undefined) return [operation];
    return operation.invokedAt < evidenceAt ? [operation] : [];
  });
}
