/** Operations as the events that they came from. */
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';

/** Calls and answers in the order in which they were. */
export function toEvents(operations: readonly Operation[]): HistoryEvent[] {
  const placed = operations.flatMap((operation) => {
    const { process, f, key, asked, answered, status, condition, consistency } = operation;
    const who = { process, f, ...(key !== undefined && { key }) };
    const call: HistoryEvent = {
      type: 'invoke',
      timeNs: operation.invokedNs,
      ...who,
      ...(asked !== undefined && { value: asked }),
      ...(Object.keys(condition).length > 0 && { condition }),
      ...(consistency === 'stale' && { consistency }),
    };
    const invoked = { at: operation.invokedAt, event: call };
    if (status === 'unknown') return [invoked];
    const answer: HistoryEvent = {
      type: status,
      timeNs: operation.completedNs,
      ...who,
      ...(answered !== undefined && { value: answered }),
      ...operation.facts,
    };
    return [invoked, { at: operation.completedAt, event: answer }];
  });
  return placed.sort((a, b) => a.at - b.at).map(({ event }) => event);
}
