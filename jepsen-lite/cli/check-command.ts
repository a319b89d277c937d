/** `jepsen-lite check`: a verdict on a history, or on a run's folder again, without a cluster. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { check, HistoryError, type Limits, modelNames, operationsOf } from '../checker/index.js';
import { defaultLimits } from '../checker/limits.js';
import { type Validity, type Verdict, worst } from '../checker/verdict.js';
import {
  type History,
  type HistoryFormat,
  historyFormats,
  readHistory,
} from '../history/read-history.js';
import { judge, neverSucceeded, overall, type WorkloadVerdict } from '../run/judge.js';
import { readOutcome } from '../run/run-outcome.js';
import { verdictLine } from '../run/summary.js';
import { namedFaults } from '../run/target.js';
import type { Command } from './command.js';
import { readConfig } from './config-file.js';
import { type ExitCode, exitCodeOf, exitCodeOfRun } from './exit-codes.js';
import type { FlagDescription, Flags } from './flags.js';
import { UsageError } from './usage-error.js';

export const limitFlags: readonly FlagDescription[] = [
  { name: 'limit', value: 'TIME', help: 'how long the checker may take (default: 60s)' },
  { name: 'memory', value: 'MB', help: 'how much memory its search may take (default: 512)' },
];

export function readLimits(flags: Flags): Limits {
  const megabytes = flags.integer('memory', { min: 1, max: 65_536 });
  return {
    timeMs: flags.durationMs('limit') ?? defaultLimits.timeMs,
    memoryBytes: megabytes === undefined ? defaultLimits.memoryBytes : megabytes * 1024 * 1024,
  };
}

export const checkCommand: Command = {
  name: 'check',
  takes: 'FILE|FOLDER [flags]',
  summary: 'Check a history from a file; needs no cluster',
  flags: [
    { name: 'model', value: 'MODEL', help: `what must hold: ${modelNames.join(', ')}` },
    {
      name: 'format',
      value: 'FORMAT',
      help: `${historyFormats.join(', ')} (default: by its look)`,
    },
    ...limitFlags,
    { name: 'json', help: 'the verdict as JSON, with everything that is known' },
    { name: 'help', help: 'show this' },
  ],
  notes: `A folder of a run knows its models. "unknown" means that the limits were reached: it is no
success.

Examples:
  jepsen-lite check history.jsonl --model kv
  jepsen-lite check history.edn --model cas-register --limit 10m
  jepsen-lite check results/2026-01-31T12-00-00-seed-42`,
  async run(flags, { print }) {
    const path = onlyPath(flags);
    const limits = readLimits(flags);
    const { verdicts, validity, reasons, exit } = isFolder(path)
      ? checkFolder(path, flags, limits)
      : checkFile(path, flags, limits);
    if (flags.has('json')) {
      print(JSON.stringify({ validity, workloads: verdicts, reasons, exit }, null, 2));
      return exit;
    }
    for (const { name, verdict } of verdicts) printVerdict(name, verdict, print);
    for (const reason of reasons) print(reason);
    return exit;
  },
};

function printVerdict(name: string, verdict: Verdict, print: (line: string) => void): void {
  print(verdictLine(name, verdict));
  print(`    claim: ${verdict.claim}`);
  for (const line of verdict.explanation.split('\n')) if (line !== '') print(`    ${line}`);
}

interface Checked {
  readonly verdicts: readonly WorkloadVerdict[];
  readonly validity: Validity;
  /** What keeps it from being valid, beside the verdicts. */
  readonly reasons: readonly string[];
  readonly exit: ExitCode;
}

function checkFile(path: string, flags: Flags, limits: Limits): Checked {
  const model = flags.oneOf('model', modelNames);
  if (model === undefined) {
    throw new UsageError(`--model is missing; it may be ${modelNames.join(', ')}.`);
  }
  const { events, operations } = loadHistory(path, flags.oneOf('format', historyFormats));
  const strange = operations.find(
    ({ f }) => !modelNames.some((one) => operationsOf(one).includes(f)),
  );
  if (strange !== undefined) {
    const fits = operationsOf(model).join(', ');
    throw new UsageError(`${path}: no model has "${strange.f}"; ${model} has ${fits}.`);
  }
  const checked = check(operations, { model, events, ...limits });
  const verdict = neverSucceeded(checked, operations);
  const { validity } = verdict;
  const exit = exitCodeOf(validity);
  return { verdicts: [{ name: model, verdict }], validity, reasons: [], exit };
}

/** The history is judged anew; what else the run has seen is taken from what it left. */
function checkFolder(path: string, flags: Flags, limits: Limits): Checked {
  if (flags.has('model')) throw new UsageError('A folder knows its models; drop --model.');
  const config = readConfig(path);
  if (config.kind !== 'run') throw new UsageError(`${path} is a run of the simulator.`);
  const { events } = loadHistory(join(path, 'history.jsonl'), 'jsonl');
  const verdicts = judge(events, config, limits);
  const left = readOutcome(path);
  if (left === undefined) {
    const reasons = ['unknown: the run did not end, so nobody knows what became of its cluster'];
    const validity = worst([...verdicts.map(({ verdict }) => verdict.validity), 'unknown']);
    return { verdicts, validity, reasons, exit: exitCodeOf(validity) };
  }
  const { validity, reasons } = overall(verdicts, left, namedFaults(config.faults));
  const lasting = left.recovery.converged ? [] : ['the cluster did not serve again in time'];
  return {
    verdicts,
    validity,
    reasons: [...reasons, ...lasting],
    exit: exitCodeOfRun(validity, left.recovery),
  };
}

export function onlyPath(flags: Flags): string {
  const [path, ...more] = flags.positionals;
  if (path === undefined) throw new UsageError('Which one? Name a file or a folder.');
  if (more.length > 0) throw new UsageError(`One at a time, not also "${more.join('", "')}".`);
  if (!existsSync(path)) throw new UsageError(`There is no "${path}".`);
  return path;
}

export function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

/** Complaints about the content name the line; here comes the file before it. */
export function loadHistory(path: string, format: HistoryFormat | undefined): History {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return readHistory(text, format);
  } catch (error) {
    if (error instanceof HistoryError) {
      throw new UsageError(`${path}: ${error.message}`);
    }
    throw error;
  }
}
