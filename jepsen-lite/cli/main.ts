/**
 * The `jepsen-lite` command. Wrong usage is told with the nearest thing that exists and ends with
 * 254; whatever else goes wrong here is a failure of the harness, ends with 255 and is no verdict.
 */
import { HistoryError } from '../history/history-error.js';
import { HarnessError } from '../run/harness-error.js';
import type { Command, Context } from './command.js';
import { commands } from './commands.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { Flags } from './flags.js';
import { commandHelp, overview } from './help.js';
import { didYouMean } from './suggest.js';
import { UsageError } from './usage-error.js';

/** Called by the launcher. */
export async function main(): Promise<void> {
  // Neither a stray exception nor an empty event loop may end with a code that is a verdict.
  process.exitCode = exitCodes.harness;
  process.on('uncaughtException', (error) => {
    process.stderr.write(`jepsen-lite: the harness failed: ${stackOf(error)}\n`);
    process.exit(exitCodes.harness);
  });
  const stop = new AbortController();
  // The first signal ends a run in order and judges what was seen; the second ends the process.
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(exitCodes.harness);
    process.stderr.write('\nStopping. Once more: at once, without a verdict.\n');
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.harness);
  });
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    tell: (line) => void process.stderr.write(`${line}\n`),
    print: (line) => void process.stdout.write(`${line}\n`),
    signal: stop.signal,
  });
}

export async function runCommandLine(
  given: readonly string[],
  context: Omit<Context, 'line'>,
): Promise<ExitCode> {
  const { print, tell } = context;
  const [name, ...rest] = given;
  if (name === undefined) {
    tell(overview(commands));
    return exitCodes.usage;
  }
  if (['help', '--help', '-h'].includes(name) && rest.length === 0) {
    print(overview(commands));
    return exitCodes.valid;
  }
  try {
    const command = find(name === 'help' ? (rest[0] ?? '') : name);
    if (name === 'help' || rest.includes('--help') || rest.includes('-h')) {
      print(commandHelp(command));
      return exitCodes.valid;
    }
    const flags = Flags.read(rest, command.flags);
    return await command.run(flags, { ...context, line: commandLine(given) });
  } catch (error) {
    return explain(error, name, tell);
  }
}

function explain(error: unknown, name: string, tell: Context['tell']): ExitCode {
  if (error instanceof UsageError || error instanceof HistoryError) {
    tell(`jepsen-lite ${name}: ${error.message}`);
    const known = commands.some((command) => command.name === name);
    const about = known ? `${name} ` : '';
    if (error instanceof UsageError) tell(`See \`jepsen-lite ${about}--help\`.`);
    return exitCodes.usage;
  }
  const what = error instanceof HarnessError ? error.message : stackOf(error);
  tell(`jepsen-lite ${name}: the harness failed, so there is no verdict: ${what}`);
  return exitCodes.harness;
}

function find(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  const names = commands.map((command) => command.name);
  throw new UsageError(
    `There is no command "${name}".${didYouMean(name, names)} It may be ${names.join(', ')}.`,
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** As a shell takes it again. */
export function commandLine(given: readonly string[]): string {
  const words = given.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return ['jepsen-lite', ...words].join(' ');
}
