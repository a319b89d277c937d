/**
 * From a history to verdicts, one per workload, and from those to the one that counts. What was
 * never tried out is not valid: a kind of operation that never succeeded, or a fault that was
 * never seen to hold, makes the whole unknown.
 */
import {
  type CheckOptions,
  check,
  HistoryError,
  type Limits,
  modelNames,
} from '../checker/index.js';
import { type Validity, type Verdict, worst } from '../checker/verdict.js';
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { pair } from '../history/pairing.js';
import { HarnessError } from './harness-error.js';
import type { FaultCount } from './nemesis.js';
import type { RunConfig } from './run-config.js';

export interface WorkloadVerdict {
  readonly name: string;
  readonly verdict: Verdict;
}

export function judge(
  events: readonly HistoryEvent[],
  { workloads, clients }: Pick<RunConfig, 'workloads' | 'clients'>,
  limits: Limits,
): WorkloadVerdict[] {
  // Paired once for all, so that numbers and positions are those of the whole history.
  const operations = pair(events);
  return workloads.map(({ name, model: wanted, clients: mine }) => {
    const model = modelNames.find((known) => known === wanted);
    if (model === undefined) throw new HarnessError(`there is no model "${wanted}"`);
    const own = ofWorkload(operations, mine, clients);
    const seen = ofWorkload(events, mine, clients);
    const verdict = checkAnswers(own, { model, events: seen, ...limits });
    return { name, verdict: neverSucceeded(verdict, own) };
  });
}

/** What clients asked makes sense, for we asked it. So what makes none is an answer. */
function checkAnswers(operations: readonly Operation[], options: CheckOptions): Verdict {
  try {
    return check(operations, options);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const explanation = `an answer makes no sense: ${error.message}`;
    const claim = `answers fit the model ${options.model}`;
    return { validity: 'invalid', claim, explanation, counts: {}, keys: [], culprits: [] };
  }
}

/** Client numbers go up by the count of clients, so the rest tells whose they are. */
export function ofWorkload<Item extends { readonly process: number | 'nemesis' }>(
  items: readonly Item[],
  mine: readonly number[],
  clients: number,
): Item[] {
  return items.filter(({ process }) => process !== 'nemesis' && mine.includes(process % clients));
}

/** A workload whose writes were all refused has shown nothing. */
export function neverSucceeded(verdict: Verdict, operations: readonly Operation[]): Verdict {
  if (operations.length === 0) {
    const explanation = 'Nothing was asked, so nothing was checked.';
    return { ...verdict, validity: 'unknown', explanation };
  }
  const kinds = new Set(operations.map(({ f }) => f));
  for (const { f, status } of operations) if (status === 'ok') kinds.delete(f);
  if (verdict.validity !== 'valid' || kinds.size === 0) return verdict;
  const names = [...kinds].map((kind) => `"${kind}"`).join(', no ');
  const explanation = `No ${names} ever succeeded, so what it promises was not checked.`;
  return { ...verdict, validity: 'unknown', explanation };
}

export interface Outcome {
  readonly validity: Validity;
  /** What keeps it from being valid, beside the verdicts. */
  readonly reasons: readonly string[];
}

export function overall(
  verdicts: readonly WorkloadVerdict[],
  {
    faults,
    crashes,
  }: { readonly faults: readonly FaultCount[]; readonly crashes: readonly string[] },
  asked: readonly string[],
): Outcome {
  const never = asked.filter((name) => !faults.some((fault) => fault.name === name));
  const unseen = faults.filter(({ verified }) => verified === 0).map(({ name }) => name);
  const doubts = [
    ...never.map((name) => `unknown: ${name} was asked for and never injected`),
    ...unseen.map((name) => `unknown: ${name} was never seen to take hold`),
  ];
  const validity = worst([
    ...verdicts.map(({ verdict }) => verdict.validity),
    ...doubts.map(() => 'unknown' as const),
    ...crashes.map(() => 'invalid' as const),
  ]);
  return { validity, reasons: [...crashes.map((what) => `INVALID: ${what}`), ...doubts] };
}
