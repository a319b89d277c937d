/** Everything that the page shows, as one object: the page draws and computes nothing anew. */
import type { HistoryEvent } from '../history/event.js';
import { type FaultSpan, faultSpans } from './fault-spans.js';
import { type LeaderSpan, leaderSpans } from './leader-spans.js';
import { type MinimalPart, minimalPart } from './minimal-part.js';
import { momentOf, type NodeRow, nodesAround } from './nodes-around.js';
import { type OperationColumns, operationColumns } from './operation-columns.js';
import { type Outcome, outcomeOf } from './outcome.js';
import type { Chart, Config, Results, RunFolder } from './results.js';

export interface ReportData {
  readonly name: string;
  readonly kind: string;
  readonly outcome: Outcome;
  readonly seed: number | null;
  readonly command: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationUs: number;
  /** Client numbers modulo this are rows of the timeline; 0 when nobody knows. */
  readonly clients: number;
  readonly workloads: readonly ReportedWorkload[];
  readonly faultCounts: Results['faults'];
  readonly recovery: Results['recovery'] | null;
  readonly faults: readonly FaultSpan[];
  readonly leaders: readonly LeaderSpan[];
  /** Around the error, if there is one. */
  readonly nodes: readonly NodeRow[];
  readonly chart: Chart | null;
  readonly operations: OperationColumns;
}

type ReportedWorkload = Results['workloads'][number] & {
  /** Whose operations are of this workload; empty: all. */
  readonly clients: readonly number[];
  /** Null: nobody has looked, or nothing is invalid. */
  readonly minimal: MinimalPart | null;
};

export function reportData(run: RunFolder): ReportData {
  const { name, results, config, events, operations } = run;
  const endNs = lastNs(events);
  return {
    name,
    kind: config.kind,
    outcome: outcomeOf(results),
    seed: results?.seed ?? null,
    command: results?.command ?? null,
    startedAt: results?.startedAt ?? null,
    endedAt: results?.endedAt ?? null,
    durationUs: Math.round(endNs / 1000),
    clients: config.clients ?? 0,
    workloads: (results?.workloads ?? []).map((workload) => ({
      ...workload,
      clients: clientsOf(config, workload.name),
      minimal: minimalPart(run, workload.name),
    })),
    faultCounts: results?.faults ?? [],
    recovery: results?.recovery ?? null,
    faults: faultSpans(events),
    leaders: leaderSpans(events, endNs),
    nodes: nodesAround(run.nodes, momentOf(results, operations, endNs)),
    chart: run.chart ?? null,
    operations: operationColumns(operations),
  };
}

function clientsOf({ workloads }: Config, name: string): readonly number[] {
  return workloads.find((workload) => workload.name === name)?.clients ?? [];
}

function lastNs(events: readonly HistoryEvent[]): number {
  return events.reduce((last, { timeNs }) => Math.max(last, timeNs), 0);
}
