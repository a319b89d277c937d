/**
 * Histories of transactions as one would write them on a blackboard:
 *
 *   append x 1; r y 1 2; r z      the list z was empty, or the register z had no value
 */
import type { EventType, HistoryEvent, Value } from '../../../../jepsen-lite/history/event.js';

export interface Told {
  readonly steps: string;
  readonly type?: Exclude<EventType, 'invoke'>;
}

/** All at the same time. */
export function concurrently(...told: readonly (string | Told)[]): HistoryEvent[] {
  const events = told.map((one, process) => toEvents(one, process));
  return timed([...events.map(([invoke]) => invoke), ...events.map(([, answer]) => answer)]);
}

/** One after the other. */
export function inTurn(...told: readonly (string | Told)[]): HistoryEvent[] {
  return timed(told.flatMap((one, process) => toEvents(one, process)));
}

type Untimed = Omit<HistoryEvent, 'timeNs'>;

function timed(events: readonly Untimed[]): HistoryEvent[] {
  return events.map((event, at) => ({ ...event, timeNs: at * 1_000_000 }));
}

function toEvents(told: string | Told, process: number): [Untimed, Untimed] {
  const { steps, type = 'ok' } = typeof told === 'string' ? { steps: told } : told;
  const answered = steps.split(';').map(toStep);
  const asked = answered.map((step) => (step[0] === 'r' ? ['r', step[1] ?? null, null] : step));
  const of = { process, f: 'txn' };
  return [
    { ...of, type: 'invoke', value: asked },
    { ...of, type, ...(type === 'ok' && { value: answered }) },
  ];
}

function toStep(text: string): Value[] {
  const [kind = '', key = '', ...elements] = text.trim().split(/\s+/);
  const values = elements.map(Number);
  if (kind === 'read') return ['r', key, values[0] ?? null];
  if (kind !== 'r') return [kind, key, values[0] ?? null];
  return [kind, key, values.length === 0 ? null : values];
}
