/**
 * `kvorum start`: one node, until a signal. The first SIGTERM or SIGINT closes it in order, within
 * a bounded time; a second one ends the process at once, which is safe: what was acknowledged is
 * durable.
 */
import closeWithGrace from 'close-with-grace';
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { ConfigError, loadConfig, type NodeConfig } from './config.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { runNode } from './run-node.js';
import type { RunNode } from './running-node.js';

/**
 * These are left to Node. After a programmer error nothing may go on answering, not even to close;
 * after a fault of the machine no JavaScript is safe to run.
 */
const fatalEvents = [
  ...(['uncaughtException', 'unhandledRejection', 'beforeExit'] as const),
  ...(['SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const),
  'SIGUSR2',
] as const;

/** Handing leaderships over and a last checkpoint take well under this. */
const closeTimeoutMs = 10_000;

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  return startNode(runNode, invocation, context);
}

export async function startNode(
  runNode: RunNode,
  { flags }: Invocation,
  { env, stderr }: Context,
): Promise<ExitCode> {
  const config = readConfig({ flags, env });
  if (flags.has('check')) {
    stderr.write('kvorum start: the configuration is fine.\n');
    return exitCodes.ok;
  }
  const starting = runNode(config);
  const tell = (text: string) => stderr.write(`kvorum start: ${text}\n`);
  const grace = closeWithGrace(
    {
      delay: closeTimeoutMs,
      skip: [...fatalEvents],
      logger: { error: (message: unknown) => tell(String(message)) },
      onSecondSignal: (signal) => tell(`${signal} again, ending at once`),
      onTimeout: (delay) => tell(`not closed after ${delay} ms, ending at once`),
    },
    async ({ signal }) => {
      tell(`${signal ?? 'the parent process is gone'}, closing`);
      const node = await starting;
      await node.close();
    },
  );
  try {
    await starting;
  } catch (error) {
    grace.uninstall();
    throw error;
  }
  closeWithParent(grace.close);
  // From here on the process ends through close-with-grace: 0 when closed, 1 when out of time.
  return new Promise<ExitCode>(() => {});
}

function readConfig(sources: Parameters<typeof loadConfig>[0]): NodeConfig {
  try {
    return loadConfig(sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const list = error.problems.map((problem) => `  ${problem}`).join('\n');
    throw new CommandError(`The configuration has problems:\n${list}`, exitCodes.usage);
  }
}

/** A node of `kvorum dev` must not outlive it, even when it is killed: its channel closes then. */
function closeWithParent(close: () => void): void {
  if (process.channel === undefined) return;
  process.once('disconnect', close);
  if (!process.connected) close();
}
