/** `jepsen-lite sim`: whole clusters in virtual time, which repeat themselves exactly. */

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { chartFile } from '../report/results.js';
import { writeReport } from '../report/write-report.js';
import { HarnessError } from '../run/harness-error.js';
import { folderName, makeFolder, writeJson } from '../run/results-folder.js';
import type { Command, Context } from './command.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import type { Flags } from './flags.js';
import { runProgram } from './own-program.js';
import { UsageError } from './usage-error.js';

const simulator = 'build/test/simulation/main.js';
/** What the simulator says with its exit code. */
const meanings: Readonly<Record<number, ExitCode>> = {
  0: exitCodes.valid,
  1: exitCodes.invalid,
  2: exitCodes.usage,
  3: exitCodes.unknown,
};

export const simCommand: Command = {
  name: 'sim',
  takes: '[flags]',
  summary: 'Run simulated clusters of Kvorum; a seed repeats its run exactly',
  flags: [
    { name: 'seed', value: 'N', help: 'one seed' },
    { name: 'seeds', value: 'A..B', help: 'these seeds (default: fresh ones)' },
    { name: 'minutes', value: 'M', help: 'begin no new seed after so long (default: 1)' },
    { name: 'jobs', value: 'N', help: 'processes side by side (default: 1)' },
    { name: 'seconds', value: 'S', help: 'virtual seconds of a run (default: 60)' },
    { name: 'bug', value: 'NAME', help: 'with this bug planted' },
    { name: 'plan', value: 'FILE', help: 'the plan in this file, as --shrink has written it' },
    { name: 'shrink', help: 'look for a smaller plan that fails in the same way' },
    { name: 'verbose', short: 'v', help: 'every event as a line' },
    { name: 'out', value: 'DIR', help: 'where the folder of the run is made (default: results)' },
    { name: 'help', help: 'show this' },
  ],
  notes: 'Nodes, clients, disks, network and clocks are simulated; the code of the nodes is real.',
  async run(flags, context) {
    if (flags.positionals.length > 0) {
      throw new UsageError(`What is "${flags.positionals.join(' ')}"? sim takes flags only.`);
    }
    const args = simulatorArguments(flags);
    const startedAt = new Date();
    const folder = makeFolder(flags.text('out') ?? 'results', folderName(startedAt, 'sim'));
    writeJson(folder, 'config.json', { kind: 'sim', arguments: args });
    const chart = ['--chart', join(folder, chartFile)];
    const exit = await simulate([...args, ...chart], context);
    const times = { startedAt: startedAt.toISOString(), endedAt: new Date().toISOString() };
    writeJson(folder, 'results.json', { command: context.line, ...times, exit });
    context.tell(`-> ${writeReport(folder)}`);
    context.tell(`exactly again: jepsen-lite replay ${folder}`);
    return exit;
  },
};

export function simulatorArguments(flags: Flags): string[] {
  const passed = ['seed', 'seeds', 'minutes', 'jobs', 'seconds', 'plan'].flatMap((name) => {
    const value = flags.text(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  // Fresh seeds are drawn here and not by the simulator, so that a replay has the same ones.
  const from = randomInt(2 ** 40);
  const seeds = ['seed', 'seeds', 'plan'].some((name) => flags.has(name))
    ? []
    : ['--seeds', `${from}..${Number.MAX_SAFE_INTEGER}`];
  const endless = ['seed', 'seeds', 'minutes', 'plan'].every((name) => !flags.has(name));
  const bug = flags.text('bug');
  return [
    ...seeds,
    ...passed,
    ...(endless ? ['--minutes', '1'] : []),
    ...(bug === undefined ? [] : ['--plant', bug]),
    ...['shrink', 'verbose'].flatMap((name) => (flags.has(name) ? [`--${name}`] : [])),
  ];
}

export async function simulate(
  args: readonly string[],
  { signal }: Pick<Context, 'signal'>,
): Promise<ExitCode> {
  const code = await runProgram(simulator, args, signal);
  const meaning = meanings[code];
  if (meaning === undefined) throw new HarnessError(`the simulator ended with ${code}`);
  return meaning;
}
