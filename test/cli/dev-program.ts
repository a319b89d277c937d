/** `kvorum dev` with fake nodes. Run by `dev.test.ts`. */
import { join } from 'node:path';
import { CommandError } from '../../src/cli/command-errors.js';
import { runDev } from '../../src/cli/dev.js';
import { invocationOf } from './command-line.js';

const { env, stdin, stdout, stderr } = process;
const fakeNode = [process.execPath, join(import.meta.dirname, 'fake-node-program.js')] as const;
try {
  const invocation = invocationOf('dev', process.argv.slice(2));
  process.exitCode = await runDev(fakeNode, invocation, { env, stdin, stdout, stderr });
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
