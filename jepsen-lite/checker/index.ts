/**
 * The checker as a library: is what clients were told possible?
 *
 *   const { events, operations } = readHistory(await readFile('history.jsonl', 'utf8'));
 *   const verdict = check(operations, { model: 'cas-register', timeMs: 10_000 });
 *   if (verdict.validity === 'invalid') console.log(verdict.explanation);
 *
 * It needs no cluster, no files and nothing of the project around it; it runs in the caller's
 * thread until it knows or a limit is reached. `unknown` means that nobody knows, never that all is
 * well. A history that makes no sense in itself throws a `HistoryError`.
 */
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { defaultLimits, type Limits } from './limits.js';
import { linearizabilityOf } from './linearizability/linearizability.js';
import { cellModels } from './linearizability/models.js';
import { type ModelEntry, specialModels } from './models.js';
import type { Verdict } from './verdict.js';

export type { HistoryEvent } from '../history/event.js';
export { HistoryError } from '../history/history-error.js';
export type { Operation } from '../history/operation.js';
export { pair } from '../history/pairing.js';
export { type HistoryFormat, historyFormats, readHistory } from '../history/read-history.js';
export type { Limits } from './limits.js';
export type { KeyVerdict, SearchEvidence, Validity, Verdict } from './verdict.js';

const models = {
  register: linearizabilityOf(cellModels.register),
  'cas-register': linearizabilityOf(cellModels['cas-register']),
  kv: linearizabilityOf(cellModels.kv),
  ...specialModels,
} satisfies Record<string, ModelEntry>;

export type ModelName = keyof typeof models;
export const modelNames = Object.keys(models) as readonly ModelName[];

export interface CheckOptions extends Partial<Limits> {
  readonly model: ModelName;
  /** For models that look at more than operations. */
  readonly events?: readonly HistoryEvent[];
}

/** The names of the operations that a model understands; it leaves others alone. */
export function operationsOf(model: ModelName): readonly string[] {
  return models[model].fs;
}

export function check(operations: readonly Operation[], options: CheckOptions): Verdict {
  const { model, events = [], ...limits } = options;
  return models[model].check(events, operations, { ...defaultLimits, ...limits });
}
