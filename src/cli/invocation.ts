/**
 * From a command line to the flags and operands of its command. Nothing is ignored: an unknown
 * flag, a flag given twice or a missing value is wrong usage.
 */
import { parseArgs } from 'node:util';
import type { Command, Flag, Invocation } from './command.js';
import { UsageError } from './command-errors.js';
import { Flags } from './flags.js';
import { didYouMean } from './suggest.js';

export const helpFlag: Flag = { name: 'help', help: 'show this help' };

export function parseInvocation(command: Command, args: readonly string[]): Invocation {
  const flags = [...command.flags, helpFlag];
  const known = new Map(flags.map((flag) => [flag.name, flag]));
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(
        flags.map((flag) => [flag.name, { type: flag.value ? 'string' : 'boolean' } as const]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
  });
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined) {
      const names = [...known.keys()].map((name) => `--${name}`);
      throw new UsageError(`Unknown flag ${token.rawName}.${didYouMean(token.rawName, names)}`);
    }
    add(values, flag, token.value);
  }
  if (!values.has('help')) checkOperands(command, positionals);
  return { flags: new Flags(values), operands: positionals };
}

function add(values: Map<string, string[]>, flag: Flag, value: string | undefined): void {
  if (flag.value !== undefined && value === undefined) {
    throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value}.`);
  }
  if (flag.value === undefined && value !== undefined) {
    throw new UsageError(`--${flag.name} takes no value, but was given "${value}".`);
  }
  const before = values.get(flag.name);
  if (before !== undefined && !flag.multiple) {
    throw new UsageError(`--${flag.name} is given twice.`);
  }
  values.set(flag.name, [...(before ?? []), value ?? 'true']);
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const extra = operands[command.operandsMax];
  const usage = `Usage: kvorum ${command.name} ${command.operands}`.trimEnd();
  if (extra !== undefined) throw new UsageError(`Unexpected "${extra}". ${usage}`);
  if (operands.length < command.operandsMin) throw new UsageError(`Too few operands. ${usage}`);
}
