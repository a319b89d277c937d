/** `jepsen-lite selftest`: planted bugs that must be found, and their clean twins. */
import { HarnessError } from '../run/harness-error.js';
import { type Hunt, hunt, type PlantedBug, plantedBugs } from '../selftest/selftest.js';
import type { Command, Context } from './command.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import type { Flags } from './flags.js';
import { runProgram } from './own-program.js';
import { didYouMean } from './suggest.js';
import { UsageError } from './usage-error.js';

const jobsDefault = 2;

export const selftestCommand: Command = {
  name: 'selftest',
  takes: '[BUG...] [flags]',
  summary: 'Plant bugs that must be found; their clean twins must pass',
  flags: [
    { name: 'jobs', value: 'N', help: `bugs side by side (default: ${jobsDefault})` },
    { name: 'simulator', help: 'also the bugs planted in real nodes, in the simulator (minutes)' },
    { name: 'verbose', short: 'v', help: 'also what was found, in words' },
    { name: 'json', help: 'the table as JSON' },
    { name: 'help', help: 'show this' },
  ],
  notes: `Bugs: ${plantedBugs.map(({ name }) => name).join(', ')}.

Exit codes: 0 all found and all twins valid, 1 a bug got away or a clean twin was not valid.`,
  async run(flags, context) {
    const bugs = named(flags.positionals);
    const jobs = flags.integer('jobs', { min: 1, max: 16 }) ?? jobsDefault;
    const hunts = await huntAll(bugs, jobs, flags, context);
    const wrong = hunts.filter(({ foundBy, twin }) => foundBy.length === 0 || twin !== 'valid');
    if (flags.has('json')) context.print(JSON.stringify(hunts, null, 2));
    else context.print(conclusion(hunts, wrong));
    const simulated = flags.has('simulator') ? await huntInSimulator(context) : exitCodes.valid;
    return wrong.length > 0 ? exitCodes.invalid : simulated;
  },
};

async function huntAll(
  bugs: readonly PlantedBug[],
  jobs: number,
  flags: Flags,
  { print, signal }: Context,
): Promise<Hunt[]> {
  const quiet = flags.has('json');
  const hunts: Hunt[] = [];
  const waiting = bugs.values();
  if (!quiet) print(row(['planted bug', 'seeds', 'operations', 'seconds', 'twin', 'found by']));
  const work = async () => {
    for (const bug of waiting) {
      const done = await hunt(bug, signal);
      if (signal.aborted) throw new HarnessError('stopped before all bugs were hunted');
      hunts.push(done);
      if (quiet) continue;
      print(line(done));
      if (flags.has('verbose')) print(indent(done.explanation));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return hunts;
}

function named(names: readonly string[]): readonly PlantedBug[] {
  if (names.length === 0) return plantedBugs;
  return names.map((name) => {
    const bug = plantedBugs.find((known) => known.name === name);
    if (bug !== undefined) return bug;
    const known = plantedBugs.map((one) => one.name);
    throw new UsageError(`There is no planted bug "${name}".${didYouMean(name, known)}`);
  });
}

function line({ bug, foundBy, seeds, operations, seconds, twin }: Hunt): string {
  return row([
    `${bug.name} (${bug.where})`,
    `${seeds}`,
    `${operations}`,
    seconds.toFixed(1),
    twin === 'valid' ? 'valid' : twin.toUpperCase(),
    foundBy.join(', ') || 'NOBODY',
  ]);
}

function row(cells: readonly string[]): string {
  const widths = [34, 6, 11, 8, 8];
  return cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join(' ')
    .trimEnd();
}

function conclusion(hunts: readonly Hunt[], wrong: readonly Hunt[]): string {
  const problems = wrong.flatMap(({ bug, foundBy, twin, twinExplanation, seeds }) => [
    ...(foundBy.length === 0 ? [`${bug.name} got away, ${seeds} seeds: ${bug.breaks}.`] : []),
    ...(twin === 'valid'
      ? []
      : [`nothing is planted, and the twin is ${twin}: ${twinExplanation}`]),
  ]);
  const found = hunts.filter(({ foundBy }) => foundBy.length > 0).length;
  const clean = hunts.filter(({ twin }) => twin === 'valid').length;
  const total = hunts.length;
  return [...problems, `${found} of ${total} found, ${clean} of ${total} clean twins valid`].join(
    '\n',
  );
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((part) => `    ${part}`)
    .join('\n');
}

async function huntInSimulator({ signal }: Context): Promise<ExitCode> {
  const code = await runProgram('build/test/simulation/selftest-main.js', ['--known'], signal);
  return code === 0 ? exitCodes.valid : exitCodes.invalid;
}
