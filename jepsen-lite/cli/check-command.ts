/** `jepsen-lite check`: a verdict on a history, or on a run's folder again, without a cluster. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { check, HistoryError, type Limits, modelNames } from '../checker/index.js';
import { defaultLimits } from '../checker/limits.js';
import { type Verdict, worst } from '../checker/verdict.js';
import {
  type History,
  type HistoryFormat,
  historyFormats,
  readHistory,
} from '../history/read-history.js';
import { judge } from '../run/judge.js';
import { verdictLine } from '../run/summary.js';
import type { Command } from './command.js';
import { readConfig } from './config-file.js';
import { exitCodeOf } from './exit-codes.js';
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
    const verdicts = isFolder(path)
      ? checkFolder(path, flags, limits)
      : [checkFile(path, flags, limits)];
    const validity = worst(verdicts.map(({ verdict }) => verdict.validity));
    if (flags.has('json')) print(JSON.stringify({ validity, workloads: verdicts }, null, 2));
    else for (const { name, verdict } of verdicts) printVerdict(name, verdict, print);
    return exitCodeOf(validity);
  },
};

function printVerdict(name: string, verdict: Verdict, print: (line: string) => void): void {
  print(verdictLine(name, verdict));
  print(`    claim: ${verdict.claim}`);
  for (const line of verdict.explanation.split('\n')) if (line !== '') print(`    ${line}`);
}

function checkFile(path: string, flags: Flags, limits: Limits) {
  const model = flags.oneOf('model', modelNames);
  if (model === undefined) {
    throw new UsageError(`--model is missing; it may be ${modelNames.join(', ')}.`);
  }
  const { events, operations } = loadHistory(path, flags.oneOf('format', historyFormats));
  return { name: model, verdict: check(operations, { model, events, ...limits }) };
}

function checkFolder(path: string, flags: Flags, limits: Limits) {
  if (flags.has('model')) throw new UsageError('A folder knows its models; drop --model.');
  const config = readConfig(path);
  if (config.kind !== 'run') throw new UsageError(`${path} is a run of the simulator.`);
  const { events } = loadHistory(join(path, 'history.jsonl'), 'jsonl');
  return judge(events, config, limits);
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
