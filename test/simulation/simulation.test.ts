/**
 * Simulated clusters as part of every test run: the same seeds each time, then fresh ones that
 * nobody has run before. A failure names its seed and the command that runs it again.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const main = fileURLToPath(new URL('./main.js', import.meta.url));
const jobs = Math.min(4, availableParallelism());
const fixedSeeds = 60;
/** `make sim` runs as many as one likes. */
const freshMinutes = 0.7;
/** On a machine that is busy with other things; a quiet one needs two minutes for all. */
const timeout = 580_000;

t.setTimeout(timeout);

t.test(`seeds 1 to ${fixedSeeds}`, { timeout }, async (t) => {
  await simulate(t, '--seeds', `1..${fixedSeeds}`);
});

t.test('fresh seeds', { timeout }, async (t) => {
  await simulate(t, '--minutes', `${freshMinutes}`);
});

async function simulate(t: Test, ...flags: string[]): Promise<void> {
  const child = spawn(process.execPath, [main, '--jobs', `${jobs}`, ...flags]);
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const lines = output.trimEnd().split('\n');
  // The seeds and the sum of all, or everything when something is wrong.
  for (const line of code === 0 ? [lines[0], lines.at(-1)] : lines) t.comment(line);
  t.equal(code, 0, `${lines[0]}: ${lines.find((line) => line.includes('FAILED')) ?? 'all hold'}`);
}
