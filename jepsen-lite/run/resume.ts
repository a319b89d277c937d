/** Where a run stood at a moment, read from its history, so that another one can go on there. */
import type { HistoryEvent } from '../history/event.js';
import { field } from '../history/field.js';
import type { RunConfig } from './run-config.js';

/** The same run without what came before `ms`; the cluster is as it finds it. */
export function resumedAt(
  config: RunConfig,
  events: readonly HistoryEvent[],
  ms: number,
): RunConfig {
  const calls = Array.from({ length: config.clients }, () => 0);
  const turnsMs: number[][] = [];
  for (const { type, process, f, timeNs, value } of events) {
    if (process !== 'nemesis') {
      if (type === 'invoke' && timeNs < ms * 1e6) increment(calls, process % config.clients);
      continue;
    }
    const [lane, turn] = [field(value, 'lane'), field(value, 'turn')];
    if (f !== 'turn' || typeof lane !== 'number' || typeof turn !== 'number') continue;
    const ofLane = turnsMs[lane] ?? [];
    ofLane[turn] = timeNs / 1e6;
    turnsMs[lane] = ofLane;
  }
  // A lane that never had a turn leaves a gap.
  const from = { ms, calls, turnsMs: Array.from(turnsMs, (ofLane) => ofLane ?? []) };
  return { ...config, durationMs: config.durationMs - ms, from };
}

function increment(counts: number[], at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}
