/** Which command a command line names; two words win over one. */
import type { Command } from './command.js';
import { UsageError } from './command-errors.js';
import { didYouMean } from './suggest.js';

export interface Found {
  readonly command: Command;
  /** What follows the command's name. */
  readonly rest: readonly string[];
}

export function findCommand(commands: readonly Command[], args: readonly string[]): Found {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  const [first = '', second] = args;
  const names = commands.map(({ name }) => name);
  const family = names.filter((name) => name.startsWith(`${first} `));
  if (family.length > 0) {
    const what =
      second === undefined ? `"${first}" is not complete` : `Unknown command "${first} ${second}"`;
    throw new UsageError(`${what}. There is: ${family.join(', ')}.`);
  }
  throw new UsageError(`Unknown command "${first}".${didYouMean(first, names)}`);
}
