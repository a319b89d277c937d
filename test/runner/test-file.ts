/**
 * Runs one compiled test file in a process of its own and reads what it prints. tap's own runner
 * does the same, and puts hooks for coverage into each process: half of the time of three hundred
 * small files (0.8 s each instead of 0.3).
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TapOutput } from './tap-output.js';

export interface TestFileResult {
  readonly file: string;
  readonly output: TapOutput;
  /** Everything it printed. */
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/** After the time limit the process may clean up, but not for ever. */
const lastWordsMs = 10_000;

export async function runTestFile(file: string, timeoutS: number): Promise<TestFileResult> {
  const output = new TapOutput();
  const lines: string[] = [];
  // tap ends a test after 30 s unless told otherwise; a busy machine may need longer.
  const env = { ...process.env, TAP_TIMEOUT: `${timeoutS}` };
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill('SIGALRM');
    setTimeout(() => child.kill('SIGKILL'), lastWordsMs).unref();
  }, timeoutS * 1_000);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(`${signal ?? `code ${code}`}`));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    output.feed(line);
  }
  const end = await ended;
  clearTimeout(limit);
  if (late) output.failed(`not over after ${timeoutS} s`);
  else if (output.failures.length === 0 && (end !== 'code 0' || output.counts === undefined)) {
    output.failed(`it ended with ${end} and told of no failed assertion`);
  }
  return { file, output, lines, ok: output.failures.length === 0 };
}
