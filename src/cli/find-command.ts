/** Which command a command line names; more words win over fewer. */
import type { Command } from './command.js';
import { UsageError } from './command-errors.js';
import { didYouMean } from './suggest.js';

export interface Found {
  readonly command: Command;
  /** What follows the command's name. */
  readonly rest: readonly string[];
}

export function findCommand(commands: readonly Command[], args: readonly string[]): Found {
  for (const words of [3, 2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  const [first = ''] = args;
  const names = commands.map(({ name }) => name);
  for (const words of [2, 1]) {
    const begin = args.slice(0, words).join(' ');
    const family = names.filter((name) => name.startsWith(`${begin} `));
    if (args.length < words || family.length === 0) continue;
    const next = args[words];
    const what =
      next === undefined ? `"${begin}" is not complete` : `Unknown command "${begin} ${next}"`;
    throw new UsageError(`${what}. There is: ${family.join(', ')}.`);
  }
  throw new UsageError(`Unknown command "${first}".${didYouMean(first, names)}`);
}

/** The commands whose names begin with these words, when the words name no command themselves. */
export function familyOf(
  commands: readonly Command[],
  words: readonly string[],
): readonly Command[] {
  const begin = `${words.join(' ')} `;
  return words.length === 0 ? [] : commands.filter(({ name }) => name.startsWith(begin));
}
