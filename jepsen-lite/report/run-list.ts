/** The runs whose folders stand beside each other, newest first. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, outcomeOf } from './outcome.js';
import { type Results, ResultsError, readResults } from './results.js';

export interface RunSummary {
  readonly name: string;
  readonly results: Results | undefined;
  readonly outcome: Outcome;
}

export function listRuns(folder: string): RunSummary[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRun(join(folder, entry.name)))
    .map(({ name }) => summaryOf(folder, name))
    .sort((a, b) => startOf(b).localeCompare(startOf(a)));
}

function isRun(path: string): boolean {
  return ['results.json', 'history.jsonl'].some((name) => existsSync(join(path, name)));
}

function summaryOf(folder: string, name: string): RunSummary {
  try {
    const results = readResults(join(folder, name));
    return { name, results, outcome: outcomeOf(results) };
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    const outcome = { ...outcomeOf(undefined), sentence: error.message };
    return { name, results: undefined, outcome };
  }
}

/** Folders are named by time, so that those without results sort as well. */
function startOf({ name, results }: RunSummary): string {
  return results?.startedAt ?? name;
}
