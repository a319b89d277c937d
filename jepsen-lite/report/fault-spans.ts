/**
 * From what the nemesis wrote down to spans of time: which fault, what was done, whether it was
 * seen to hold, when it ended. Faults of one name do not overlap; of different names they may.
 */
import type { HistoryEvent, Value } from '../history/event.js';
import { field } from '../history/field.js';
import { showValue } from '../history/tell.js';

export interface FaultSpan {
  readonly name: string;
  readonly startNs: number;
  /** Unknown when the run ended before the fault did. */
  endNs: number | null;
  readonly started: string;
  stopped: string;
  /** What the probe said; `null` when nobody looked. */
  verified: boolean | null;
}

export function faultSpans(events: readonly HistoryEvent[]): FaultSpan[] {
  const spans: FaultSpan[] = [];
  const open = new Map<string, FaultSpan>();
  for (const { process, type, f, timeNs, value } of events) {
    if (process !== 'nemesis') continue;
    if (type === 'invoke') {
      const started = value === undefined || value === null ? '' : wordsOf(value);
      const span = { name: f, startNs: timeNs, endNs: null, started, stopped: '', verified: null };
      open.set(f, span);
      spans.push(span);
      continue;
    }
    const span = open.get(f);
    if (span === undefined) continue;
    const verified = field(value, 'verified');
    if (typeof verified === 'boolean') {
      span.verified = verified;
      continue;
    }
    span.endNs = timeNs;
    span.stopped = wordsOf(field(value, 'stopped') ?? value ?? '');
    open.delete(f);
  }
  return spans;
}

function wordsOf(value: Value): string {
  return typeof value === 'string' ? value : showValue(value);
}
