/** Who led which shard from when until when, as far as the run has watched it. */
import type { HistoryEvent } from '../history/event.js';
import { field } from '../history/field.js';

export interface LeaderSpan {
  readonly shard: number;
  readonly node: string;
  readonly term: number;
  readonly startNs: number;
  endNs: number;
}

export function leaderSpans(events: readonly HistoryEvent[], endNs: number): LeaderSpan[] {
  const spans: LeaderSpan[] = [];
  const current = new Map<number, LeaderSpan>();
  for (const { process, f, timeNs, value } of events) {
    if (process !== 'nemesis' || f !== 'leader') continue;
    const [shard, leader, term] = ['shard', 'leader', 'term'].map((name) => field(value, name));
    if (typeof shard !== 'number' || typeof term !== 'number') continue;
    const before = current.get(shard);
    if (before !== undefined) before.endNs = timeNs;
    const span = { shard, node: String(leader), term, startNs: timeNs, endNs };
    current.set(shard, span);
    spans.push(span);
  }
  return spans.sort((a, b) => a.shard - b.shard || a.startNs - b.startNs);
}
