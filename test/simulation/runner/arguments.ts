/** The command line of the simulator. */
import { parseArgs } from 'node:util';

export interface Arguments {
  /** Both ends included. */
  readonly from: number;
  readonly to: number;
  /** No new seed is begun after that. */
  readonly minutes: number | undefined;
  readonly jobs: number;
  readonly verbose: boolean;
  /** Of the events of a verbose run, only those from that virtual second on. */
  readonly fromSecond: number;
  readonly shrink: boolean;
  /** A file with a plan, instead of seeds. */
  readonly plan: string | undefined;
  readonly plant: string | undefined;
  /** Where a failure leaves the messages around it. */
  readonly chart: string | undefined;
  readonly durationMs: number | undefined;
  /** Whether to stop at the first seed that fails. */
  readonly keepGoing: boolean;
  /** Only say what can be said. */
  readonly help: boolean;
  /** A child that is sent its seeds. */
  readonly worker: boolean;
}

export const usage = `The simulator of whole nodes.

  node build/test/simulation/main.js [flags]

  --seeds A..B     the seeds to run; without it fresh ones, as long as --minutes says
  --seed N         one seed
  --minutes M      begin no new seed after M minutes
  --jobs N         processes side by side (default 1)
  --seconds S      virtual seconds of clients and faults in a run (default 60)
  --verbose        every event of a run as a line
  --from S         with --verbose: only from virtual second S on
  --shrink         look for a smaller plan that fails in the same way
  --plan FILE      run the plan in this file, as --shrink has written it
  --plant NAME     with this planted bug
  --chart FILE     of a failure: the messages around it, as JSON
  --keep-going     do not stop at the first failure
  --help           show this

Ends with 0: nothing found, 1: an invariant was broken, 2: wrong usage, 3: the runs tried out too
little to prove anything.
`;

/** Throws an Error with words when the arguments make no sense. */
export function readArguments(given: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      jobs: { type: 'string' },
      seconds: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      from: { type: 'string' },
      shrink: { type: 'boolean', default: false },
      plan: { type: 'string' },
      plant: { type: 'string' },
      chart: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      worker: { type: 'boolean', default: false },
    },
  });
  const seconds = positive('seconds', values.seconds);
  return {
    ...readSeeds(values.seed ?? values.seeds),
    minutes: positive('minutes', values.minutes),
    jobs: positive('jobs', values.jobs) ?? 1,
    verbose: values.verbose,
    fromSecond: positive('from', values.from) ?? 0,
    shrink: values.shrink,
    plan: values.plan,
    plant: values.plant,
    chart: values.chart,
    durationMs: seconds === undefined ? undefined : seconds * 1000,
    keepGoing: values['keep-going'],
    help: values.help,
    worker: values.worker,
  };
}

function readSeeds(text: string | undefined): { from: number; to: number } {
  // Fresh ones: nobody has run them before.
  if (text === undefined) {
    const from = Math.floor(Math.random() * 2 ** 40);
    return { from, to: Number.MAX_SAFE_INTEGER };
  }
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (match === null) throw new Error(`seeds are "7" or "1..1000", not "${text}"`);
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from > to) throw new Error(`the seeds ${text} end before they begin`);
  return { from, to };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is a number above 0, not "${text}"`);
  return value;
}
