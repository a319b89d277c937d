/** An operation in one line, and operations as the events they came from. */
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';

export function operationText(operation: Operation): string {
  const { number, process, f, key, asked, answered, status, condition } = operation;
  const { invokedNs, completedNs, facts } = operation;
  const parts = [f, key, asked === undefined ? undefined : JSON.stringify(asked)];
  const conditions = Object.entries(condition).map(([name, tag]) => `${name} ${tag}`);
  const call = [...parts, ...conditions].filter((part) => part !== undefined).join(' ');
  const said = status === 'ok' ? (facts.outcome ?? shown(answered)) : status;
  const node = facts.node === undefined ? '' : ` by ${facts.node}`;
  const end = Number.isFinite(completedNs) ? `${seconds(completedNs)}` : 'never';
  return `#${number} client ${process}: ${call} -> ${said}${node} (${seconds(invokedNs)} to ${end})`;
}

function shown(value: Operation['answered']): string {
  return value === undefined ? 'ok' : JSON.stringify(value);
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(4)} s`;
}

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
