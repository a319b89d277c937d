/**
 * Programs of this project that run as processes of their own: jepsen-lite shares no code with what
 * it judges.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HarnessError } from '../run/harness-error.js';

export const projectRoot = join(import.meta.dirname, '..', '..', '..');

/** Its exit code. It writes to where this process writes. */
export async function runProgram(
  file: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const program = join(projectRoot, file);
  if (!existsSync(program)) {
    throw new HarnessError(`${program} is missing: it is only there in a built working copy`);
  }
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const stop = () => void child.kill('SIGINT');
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, ended) => {
      signal.removeEventListener('abort', stop);
      if (code !== null) resolve(code);
      else reject(new HarnessError(`${file} was ended by ${ended}`));
    });
  });
}
