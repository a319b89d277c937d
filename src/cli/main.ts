/**
 * The `kvorum` command: finds the command of a command line, runs it and ends with its exit code.
 * Wrong usage is told with the nearest thing that exists; nothing is guessed and run.
 */
import type { Context } from './command.js';
import { CommandError, UsageError } from './command-errors.js';
import { commands } from './commands.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { familyOf, findCommand } from './find-command.js';
import { commandHelp, familyHelp, overview } from './help.js';
import { parseInvocation } from './invocation.js';

const lingerMs = 500;

/** Called by the launcher. */
export async function main(): Promise<void> {
  const { env, stdin, stdout, stderr } = process;
  // A reader that has seen enough (`kvorum wal dump | head`) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
  const code = await runCommandLine(process.argv.slice(2), { env, stdin, stdout, stderr });
  process.exitCode = code;
  // What a failed command left running (half of a node, say) does not keep the process.
  if (code !== exitCodes.ok) setTimeout(() => process.exit(), lingerMs).unref();
}

export async function runCommandLine(args: readonly string[], context: Context): Promise<ExitCode> {
  const { stdout, stderr } = context;
  if (args.length === 0) {
    stderr.write(overview(commands));
    return exitCodes.usage;
  }
  if (args[0] === '--help' || args[0] === '-h') {
    stdout.write(overview(commands));
    return exitCodes.ok;
  }
  // `kvorum admin members --help`: no command, but what there is of that kind.
  const last = args.at(-1);
  const words = last === '--help' || last === '-h' ? args.slice(0, -1) : [];
  const family = familyOf(commands, words);
  if (family.length > 0) {
    stdout.write(familyHelp(words.join(' '), family));
    return exitCodes.ok;
  }
  let name = '';
  try {
    const found = findCommand(commands, args[0] === '--version' ? ['version'] : args);
    name = ` ${found.command.name}`;
    const invocation = parseInvocation(found.command, found.rest);
    if (invocation.flags.has('help')) {
      stdout.write(commandHelp(found.command));
      return exitCodes.ok;
    }
    const run = await found.command.load();
    return await run(invocation, context);
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`kvorum${name}: ${error.message}\n`);
      stderr.write(`See \`kvorum help${name === ' help' ? '' : name}\`.\n`);
      return exitCodes.usage;
    }
    if (error instanceof CommandError) {
      stderr.write(`kvorum${name}: ${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}
