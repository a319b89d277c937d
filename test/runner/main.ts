/**
 * Runs the compiled tests and says plainly what failed. Used by `make test` and `make lint`.
 *
 *   node build/test/runner/main.js [path prefix ...]
 *
 * The list is derived from the sources, so that a compiled test whose source is gone never runs.
 * Tests in `test/system` start whole clusters of real processes and run one at a time, after the
 * others: two cores carry one cluster, not two. Simulated clusters take all cores by themselves and
 * come in between. The last line has the counts of all runs.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Counts, type Failure, TapOutput } from './tap-output.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

interface Run {
  readonly name: string;
  readonly files: readonly string[];
  readonly tapArguments: readonly string[];
}

const parallelTimeoutS = 120;
const serialTimeoutS = 600;
/** It ends by itself after about two minutes, later on a slow machine. */
const simulationTimeoutS = 600;
/** After that many failures only their names are printed; build/tap-*.txt has everything. */
const detailedFailuresMax = 10;

async function main(prefixes: readonly string[]): Promise<number> {
  const files = testFiles(prefixes);
  const missing = files.filter((file) => !existsSync(join(root, compiled(file))));
  if (missing.length > 0) {
    console.error(`Not compiled, run \`make build\` first: ${missing.join(', ')}`);
    return 1;
  }
  if (files.length === 0) {
    console.error(`No test file matches ${prefixes.join(', ')}.`);
    return 1;
  }
  const isSystem = (file: string) => file.startsWith('test/system/');
  const isSimulation = (file: string) => file === 'test/simulation/simulation.test.ts';
  const runs: Run[] = [
    {
      name: 'parallel',
      files: files.filter((file) => !isSystem(file) && !isSimulation(file)),
      tapArguments: [`--timeout=${parallelTimeoutS}`],
    },
    {
      name: 'simulation',
      files: files.filter(isSimulation),
      tapArguments: ['--jobs=1', `--timeout=${simulationTimeoutS}`],
    },
    {
      name: 'serial',
      files: files.filter(isSystem),
      tapArguments: ['--jobs=1', `--timeout=${serialTimeoutS}`],
    },
  ];
  const outputs: TapOutput[] = [];
  for (const run of runs) {
    if (run.files.length > 0) outputs.push(await runTap(run));
  }
  return report(outputs);
}

function testFiles(prefixes: readonly string[]): string[] {
  const entries = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
    .sort();
}

function compiled(file: string): string {
  return join('build', file.replace(/\.ts$/, '.js'));
}

async function runTap(run: Run): Promise<TapOutput> {
  const output = new TapOutput();
  const raw = createWriteStream(join(root, 'build', `tap-${run.name}.txt`));
  const tap = spawn(
    join(root, 'node_modules', '.bin', 'tap'),
    ['--reporter=tap', ...run.tapArguments, ...run.files.map(compiled)],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<number>((resolve, reject) => {
    tap.on('error', reject);
    tap.on('close', (code) => resolve(code ?? 1));
  });
  let told = 0;
  for await (const line of createInterface({ input: tap.stdout })) {
    raw.write(`${line}\n`);
    output.feed(line);
    for (; told < output.files.length; told += 1) {
      const result = output.files[told];
      if (result) console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${sourceOf(result.file)}`);
    }
  }
  raw.end();
  const code = await ended;
  const failed = output.counts?.fail ?? 0;
  if (output.counts === undefined || (code !== 0 && failed === 0)) {
    const message = `tap ended with code ${code} and told of no failed assertion`;
    output.failures.push({ path: [`build/tap-${run.name}.txt`], message, details: [] });
  }
  return output;
}

function sourceOf(file: string): string {
  return file.replace(/^build\//, '').replace(/\.js$/, '.ts');
}

function report(outputs: readonly TapOutput[]): number {
  const failures = outputs.flatMap((output) => output.failures);
  for (const [i, failure] of failures.entries()) printFailure(failure, i < detailedFailuresMax);
  const sum = (name: keyof Counts) =>
    outputs.reduce((total, output) => total + (output.counts?.[name] ?? 0), 0);
  // A run that was cut short counts none of its failures itself.
  const failed = Math.max(sum('fail'), failures.length);
  const skipped = sum('skip') + sum('todo');
  console.log('');
  console.log(
    `${sum('pass')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  return failed > 0 ? 1 : 0;
}

function printFailure(failure: Failure, detailed: boolean): void {
  console.log('');
  console.log(`FAILED ${failure.path.map(sourceOf).join(' > ')}`);
  console.log(`  ${failure.message}`);
  if (!detailed) return;
  for (const line of failure.details) console.log(`  ${line.trimEnd()}`);
}

process.exitCode = await main(process.argv.slice(2));
