/** `jepsen-lite run`: clients and faults against a real cluster, and the verdict. */

import { writeReport } from '../report/write-report.js';
import { EventLines } from '../run/event-lines.js';
import { judge, overall, type WorkloadVerdict } from '../run/judge.js';
import { type LiveRun, liveRun } from '../run/live-run.js';
import { minimalCases } from '../run/minimal-cases.js';
import { folderName, ResultsFolder } from '../run/results-folder.js';
import type { RunConfig } from '../run/run-config.js';
import { summary } from '../run/summary.js';
import { faultNames, namedFaults, openTarget } from '../run/target.js';
import { limitFlags, readLimits } from './check-command.js';
import type { Command, Context } from './command.js';
import { type ExitCode, exitCodeOfRun, exitCodes } from './exit-codes.js';
import type { FlagDescription, Flags } from './flags.js';
import { readRunConfig, runFlags } from './run-flags.js';

export const verboseFlag: FlagDescription = {
  name: 'verbose',
  short: 'v',
  help: 'also faults, changes of roles, and operations without success, as they come',
};

/** For each workload that is invalid. */
const shrinkMs = 20_000;

export const runCommand: Command = {
  name: 'run',
  takes: '--start N | --endpoint URL... [flags]',
  summary: 'Drive a real cluster, break it, and check what clients saw',
  flags: [
    ...runFlags,
    verboseFlag,
    ...limitFlags,
    { name: 'json', help: 'at the end, the results as JSON on standard output' },
    { name: 'help', help: 'show this' },
  ],
  notes: `Examples:
  jepsen-lite run --start 5 --time 10m
  jepsen-lite run --endpoint http://127.0.0.1:8401 --endpoint http://127.0.0.1:8402 --time 30s
  jepsen-lite run --adapter etcd --endpoint http://127.0.0.1:2379 --workload register,kv`,
  run: (flags, context) => runLive(readRunConfig(flags, faultNames), flags, context),
};

/** Also what `replay` does. */
export async function runLive(
  config: RunConfig,
  flags: Flags,
  context: Context,
): Promise<ExitCode> {
  const limits = readLimits(flags);
  const startedAt = new Date();
  const name = folderName(startedAt, `seed-${config.seed}`);
  const folder = ResultsFolder.create(flags.text('out') ?? 'results', name);
  folder.write('config.json', config);
  context.tell(`seed ${config.seed}, ${folder.path}`);
  const lines = flags.has('verbose') ? new EventLines(context.tell) : undefined;
  const run = await drive(config, folder, context, lines);
  const workloads = judge(run.events, config, limits);
  const { validity, reasons } = overall(workloads, run, namedFaults(config.faults));
  const exit = exitCodeOfRun(validity, run.recovery);
  const command = repeatable(context.line, config.seed);
  const results = {
    seed: config.seed,
    command,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    workloads,
    faults: run.faults,
    crashes: run.crashes,
    reasons,
    recovery: run.recovery,
    exit,
  };
  folder.write('results.json', results);
  const shrunk = { folder: folder.path, timeMs: shrinkMs };
  const cases = minimalCases(run.events, config, workloads, shrunk);
  conclude({ cases, workloads, run, reasons, exit, command, folder: folder.path }, context);
  if (flags.has('json')) context.print(JSON.stringify(results, null, 2));
  return exit;
}

interface Driven extends LiveRun {
  readonly crashes: readonly string[];
}

async function drive(
  config: RunConfig,
  folder: ResultsFolder,
  { tell, signal }: Context,
  lines: EventLines | undefined,
): Promise<Driven> {
  const target = await openTarget(config, folder.path);
  try {
    const run = await liveRun({
      config,
      endpoints: target.endpoints,
      nemesis: target.nemesis,
      tell,
      record: (event) => {
        folder.add(event);
        lines?.event(event);
      },
      recordNode: (line) => {
        folder.addNode(line);
        lines?.node(line);
      },
      signal,
    });
    return { ...run, crashes: target.crashes() };
  } finally {
    await target.close();
    await folder.close();
  }
}

interface Conclusion {
  readonly workloads: readonly WorkloadVerdict[];
  readonly run: LiveRun;
  readonly reasons: readonly string[];
  readonly cases: readonly string[];
  readonly exit: ExitCode;
  readonly command: string;
  readonly folder: string;
}

const exitWords: Readonly<Record<number, string>> = {
  [exitCodes.valid]: 'valid',
  [exitCodes.invalid]: 'INVALID',
  [exitCodes.unknown]: 'UNKNOWN',
  [exitCodes.notRecovered]: 'DID NOT RECOVER',
};

function conclude(conclusion: Conclusion, { tell }: Context): void {
  const { workloads, run, reasons, cases, exit, command, folder } = conclusion;
  tell('');
  for (const text of summary(workloads, run)) tell(text);
  for (const text of cases) tell(text);
  for (const reason of reasons) tell(reason);
  tell('');
  tell(`-> ${reportOf(folder)}`);
  tell(`again: ${command}`);
  tell('(the same operations and faults, not the same interleaving)');
  tell(`${exitWords[exit]} (exit ${exit})`);
}

/** With the seed that was drawn; a replay has that of its folder. */
function repeatable(line: string, seed: number): string {
  const isSaid = /^jepsen-lite replay |--seed\b/.test(line);
  return isSaid ? line : `${line} --seed ${seed}`;
}

/** A report that cannot be made changes no verdict. */
function reportOf(folder: string): string {
  try {
    return writeReport(folder);
  } catch (error) {
    return `${folder} (without a report: ${(error as Error).message})`;
  }
}
