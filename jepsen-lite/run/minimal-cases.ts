/** What is printed of an invalid run beside its explanation: the smallest part that still fails. */
import { join } from 'node:path';
import { modelNames } from '../checker/index.js';
import type { HistoryEvent } from '../history/event.js';
import { pair } from '../history/pairing.js';
import { tell } from '../history/tell.js';
import { saveCase } from '../shrink/save-case.js';
import { shrinkHistory } from '../shrink/shrink-history.js';
import { ofWorkload, type WorkloadVerdict } from './judge.js';
import type { RunConfig } from './run-config.js';

const operationsShownMax = 20;

/** The name of its file in the folder of a run. */
export function caseFile(workload: string): string {
  return `shrunk-${workload}.jsonl`;
}

/** Lines for people; each case is also a history of its own in the folder, and a test. */
export function minimalCases(
  events: readonly HistoryEvent[],
  config: Pick<RunConfig, 'workloads' | 'clients'>,
  verdicts: readonly WorkloadVerdict[],
  { folder, timeMs }: { readonly folder: string; readonly timeMs: number },
): string[] {
  const operations = pair(events);
  return verdicts.flatMap(({ name, verdict }) => {
    const workload = config.workloads.find((known) => known.name === name);
    const model = modelNames.find((known) => known === workload?.model);
    if (verdict.validity !== 'invalid' || workload === undefined || model === undefined) return [];
    const own = ofWorkload(operations, workload.clients, config.clients);
    const seen = ofWorkload(events, workload.clients, config.clients);
    const shrunk = shrinkHistory(own, { model, events: seen, timeMs });
    if (shrunk === undefined) return [];
    const saved = saveCase({ name, model }, shrunk, join(folder, caseFile(name)));
    const shown = shrunk.slice(0, operationsShownMax).map((one) => `    ${tell(one)}`);
    const more = shrunk.length - shown.length;
    return [
      `${name}: these ${shrunk.length} of ${own.length} operations are invalid by themselves`,
      ...shown,
      ...(more > 0 ? [`    and ${more} more`] : []),
      `    -> ${saved.history}, and as a test ${saved.test}`,
    ];
  });
}
