/** `kvorum start` with a node that does as the first argument says. Run by `start.test.ts`. */
import { CommandError } from '../../src/cli/command-errors.js';
import type { RunNode } from '../../src/cli/running-node.js';
import { startNode } from '../../src/cli/start.js';

import { invocationOf } from './command-line.js';

const [mode = '', ...args] = process.argv.slice(2);
const keepRunning = () => setInterval(() => {}, 60_000);
const say = (text: string) => process.stdout.write(`${text}\n`);
/** Says it once signals are listened for: whoever reads it may send one at once. */
const sayRunning = (text: string) => setImmediate(() => say(text));

const modes: Readonly<Record<string, RunNode>> = {
  fine: async (config) => {
    const timer = keepRunning();
    sayRunning(`running node ${config.nodeId}`);
    return {
      close: async () => {
        clearInterval(timer);
        say('closed');
      },
    };
  },
  'never-closes': async () => {
    keepRunning();
    sayRunning('running');
    return { close: () => new Promise(() => say('closing')) };
  },
  'fails-to-close': async () => {
    keepRunning();
    sayRunning('running');
    return { close: () => Promise.reject(new Error('the last checkpoint failed')) };
  },
  'fails-to-start': async () => {
    keepRunning();
    throw new CommandError('the folder belongs to node 2', 1);
  },
  breaks: async () => {
    setImmediate(() => {
      throw new Error('invariant violated: commit is beyond the log');
    });
    keepRunning();
    return { close: async () => void say('closed') };
  },
};

const runNode = modes[mode];
if (!runNode) throw new Error(`no mode ${mode}`);
const { env, stdin, stdout, stderr } = process;
try {
  const context = { env, stdin, stdout, stderr };
  process.exitCode = await startNode(runNode, invocationOf('start', args), context);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  say(error.message);
  process.exit(error.exitCode);
}
