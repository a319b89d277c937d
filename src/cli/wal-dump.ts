/** `kvorum wal dump DIR`: what the durable log of a stopped node holds, record by record. */
import { join } from 'node:path';
import { dump } from '../raft/wal/dump.js';
import { realFileSystem } from '../raft/wal/real-file-system.js';
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

/** One thing in the log: a segment, a frame, a record, or damage. */
export interface DumpedItem {
  readonly item: string;
  /** Of records. */
  readonly group?: number;
  /** Of whatever has a checksum: `ok` or `bad`. */
  readonly crc?: string;
}

/** Reads the log below a data folder and changes nothing. Rejects when it holds no log. */
export type DumpWal = (dir: string) => AsyncIterable<DumpedItem>;

const groupMax = 2 ** 32 - 1;

/** What makes the log one that a node would not start with. */
const damage = new Set(['damage', 'missing', 'unreadable']);

/** The log stands in a folder of its own below the data folder. */
async function* dumpWal(dir: string): AsyncGenerator<DumpedItem> {
  try {
    yield* dump(realFileSystem(), join(dir, 'wal'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') throw error;
    const { message } = error as Error;
    throw new CommandError(
      `${dir} holds no log that can be read: ${message}. Give the data folder of one node.`,
      exitCodes.failed,
    );
  }
}

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  return dumpTo(dumpWal, invocation, context);
}

/** Exit code 1 when something is damaged, so that a script can check a log. */
export async function dumpTo(
  dumpFolder: DumpWal,
  { flags, operands }: Invocation,
  { stdout }: Context,
): Promise<ExitCode> {
  const [dir = '.'] = operands;
  const group = flags.integer('group', { min: 0, max: groupMax });
  let isDamaged = false;
  for await (const item of dumpFolder(dir)) {
    const isBad = damage.has(item.item) || item.crc === 'bad';
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
