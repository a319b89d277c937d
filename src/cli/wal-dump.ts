/** `kvorum wal dump DIR`: what the durable log of a stopped node holds, record by record. */
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

/** One thing in the log: a segment, a frame, a record, or damage. */
export interface DumpedItem {
  readonly item: string;
  /** Of records. */
  readonly group?: number;
}

/** Reads the log below a data folder and changes nothing. Rejects when it holds no log. */
export type DumpWal = (dir: string) => AsyncIterable<DumpedItem>;

const groupMax = 2 ** 32 - 1;

/** What makes the log one that a node would not start with. */
const damage = new Set(['damage', 'missing', 'unreadable']);

/** The one place where the command meets the log. */
const dumpWal: DumpWal = () => {
  throw new CommandError('This build cannot read the log yet.', exitCodes.failed);
};

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  return dumpTo(dumpWal, invocation, context);
}

/** Exit code 1 when something is damaged, so that a script can check a log. */
export async function dumpTo(
  dump: DumpWal,
  { flags, operands }: Invocation,
  { stdout }: Context,
): Promise<ExitCode> {
  const [dir = '.'] = operands;
  const group = flags.integer('group', { min: 0, max: groupMax });
  let isDamaged = false;
  for await (const item of dump(dir)) {
    const isBad = damage.has(item.item);
    isDamaged ||= isBad;
    if (group !== undefined && item.group !== group && !isBad) continue;
    stdout.write(flags.has('json') ? `${JSON.stringify(item)}\n` : describe(item));
  }
  return isDamaged ? exitCodes.failed : exitCodes.ok;
}

/** The kind first, then every field by name; records stand below their frame. */
function describe(item: DumpedItem): string {
  const { item: kind, record, ...fields }: DumpedItem & { readonly record?: unknown } = item;
  const isRecord = typeof record === 'string';
  const facts = Object.entries(fields)
    // A record is in the frame above it, which says where that is.
    .filter(([name]) => !isRecord || (name !== 'file' && name !== 'offset'))
    .map(
      ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  return `${isRecord ? `  ${record}` : kind}${facts.join('')}\n`;
}
