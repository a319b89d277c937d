/**
 * From events to operations: each call with its answer. A client has one operation at a time, so an
 * answer belongs to the open call of its process. Positions among all events are the only order
 * that counts; times are for people.
 */
import type { AnswerFacts, HistoryEvent } from './event.js';
import { HistoryError } from './history-error.js';
import type { Operation } from './operation.js';
import type { PlacedEvent } from './placed-event.js';

/**
 * In the order of the calls. `lines` names the line of each event for complaints; without it events
 * count from 1.
 */
export function pair(events: readonly HistoryEvent[], lines?: readonly number[]): Operation[] {
  const operations: Operation[] = [];
  const open = new Map<number, number>();
  for (const [position, event] of events.entries()) {
    const { process } = event;
    if (process === 'nemesis') continue;
    const line = lines?.[position] ?? position + 1;
    const at = open.get(process);
    const operation = at === undefined ? undefined : operations[at];
    if (event.type === 'invoke') {
      if (operation !== undefined) {
        const asking = `process ${process} asks "${event.f}"`;
        throw new HistoryError(`${asking} while its "${operation.f}" is not answered`, line);
      }
      open.set(process, operations.length);
      operations.push(called(event, process, { position, number: operations.length }));
      continue;
    }
    if (at === undefined || operation === undefined) {
      const what = `"${event.type}" for "${event.f}"`;
      throw new HistoryError(`process ${process} is answered ${what} and has not asked`, line);
    }
    if (operation.f !== event.f) {
      const asked = `asked "${operation.f}"`;
      throw new HistoryError(`process ${process} ${asked} and is answered "${event.f}"`, line);
    }
    if (event.key !== undefined && (operation.key ?? event.key) !== event.key) {
      const asked = `asked of key "${operation.key}"`;
      throw new HistoryError(`process ${process} ${asked}, answered of "${event.key}"`, line);
    }
    open.delete(process);
    operations[at] = answered(operation, event, position);
  }
  return operations;
}

export function pairPlaced(placed: readonly PlacedEvent[]): Operation[] {
  return pair(
    placed.map(({ event }) => event),
    placed.map(({ line }) => line),
  );
}

function called(
  event: HistoryEvent,
  process: number,
  { position, number }: { position: number; number: number },
): Operation {
  return {
    number,
    process,
    f: event.f,
    key: event.key,
    asked: event.value,
    condition: event.condition ?? {},
    consistency: event.consistency ?? 'linearizable',
    status: 'unknown',
    answered: undefined,
    facts: {},
    invokedAt: position,
    completedAt: Number.POSITIVE_INFINITY,
    invokedNs: event.timeNs,
    completedNs: Number.POSITIVE_INFINITY,
  };
}

function answered(operation: Operation, event: HistoryEvent, position: number): Operation {
  const { type: status, timeNs: completedNs, value } = event;
  const facts = factsOf(event);
  const key = operation.key ?? event.key;
  if (status !== 'ok' && status !== 'fail') return { ...operation, key, facts };
  return { ...operation, key, facts, status, answered: value, completedAt: position, completedNs };
}

function factsOf(event: HistoryEvent): AnswerFacts {
  const { type, timeNs, process, f, key, value, condition, consistency, ...facts } = event;
  return facts;
}
