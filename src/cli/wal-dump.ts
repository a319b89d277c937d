/** `kvorum wal dump DIR`: what the durable log of a stopped node holds, record by record. */
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

/** One record of the log; `text` is its line for people, the rest its JSON. */
export interface WalRecord {
  /** Undefined for what belongs to no group: segment heads, seals. */
  readonly group: number | undefined;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Reads without changing anything. Throws when the folder holds no log or the log is damaged. */
export type DumpWal = (dir: string) => AsyncIterable<WalRecord> | Iterable<WalRecord>;

const groupMax = 2 ** 32 - 1;

/** The one place where the command meets the log. */
const dumpWal: DumpWal = () => {
  throw new CommandError('This build cannot read the log yet.', exitCodes.failed);
};

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  return dumpTo(dumpWal, invocation, context);
}

export async function dumpTo(
  dump: DumpWal,
  { flags, operands }: Invocation,
  { stdout }: Context,
): Promise<ExitCode> {
  const [dir = '.'] = operands;
  const group = flags.integer('group', { min: 0, max: groupMax });
  for await (const record of dump(dir)) {
    if (group !== undefined && record.group !== group) continue;
    stdout.write(`${flags.has('json') ? JSON.stringify(record.json) : record.text}\n`);
  }
  return exitCodes.ok;
}
