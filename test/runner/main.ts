/**
 * Runs the compiled tests and says plainly what failed. Used by `make test` and `make lint`.
 *
 *   node build/test/runner/main.js [path prefix ...]
 *
 * The list is derived from the sources, so that a compiled test whose source is gone never runs.
 * Tests that start whole clusters of real processes run one at a time, after the others: two cores
 * carry one cluster, not two. Simulated clusters take all cores by themselves and
 * come in between. The last line has the counts of all runs.
 */
import { createWriteStream, existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts, Failure } from './tap-output.js';
import { runTestFile, type TestFileResult } from './test-file.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

interface Run {
  readonly name: string;
  readonly files: readonly string[];
  readonly jobs: number;
  readonly timeoutS: number;
}

const clusterTests = ['test/system/', 'test/jepsen-lite/cluster/own', 'test/jepsen-lite/faults/'];
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
  const isSystem = (file: string) => clusterTests.some((begin) => file.startsWith(begin));
  const isSimulation = (file: string) => file === 'test/simulation/simulation.test.ts';
  const runs: Run[] = [
    {
      name: 'parallel',
      files: files.filter((file) => !isSystem(file) && !isSimulation(file)),
      jobs: availableParallelism(),
      timeoutS: parallelTimeoutS,
    },
    {
      name: 'simulation',
      files: files.filter(isSimulation),
      jobs: 1,
      timeoutS: simulationTimeoutS,
    },
    {
      name: 'serial',
      files: files.filter(isSystem),
      jobs: 1,
      timeoutS: serialTimeoutS,
    },
  ];
  const results: TestFileResult[] = [];
  for (const run of runs) results.push(...(await runAll(run)));
  return report(results);
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

/** As many at once as `jobs` says; told in the order in which they end. */
async function runAll({ name, files, jobs, timeoutS }: Run): Promise<TestFileResult[]> {
  const raw = createWriteStream(join(root, 'build', `tap-${name}.txt`));
  const results: TestFileResult[] = [];
  const waiting = files.values();
  const worker = async () => {
    for (const file of waiting) {
      const result = await runTestFile(join(root, compiled(file)), timeoutS);
      results.push({ ...result, file });
      raw.write(`# ${file}\n${result.lines.join('\n')}\n`);
      console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${file}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  await new Promise<void>((resolve) => raw.end(resolve));
  return results;
}

function report(results: readonly TestFileResult[]): number {
  const failures = results.flatMap(({ file, output }) =>
    output.failures.map((failure) => ({ ...failure, path: [file, ...failure.path] })),
  );
  for (const [i, failure] of failures.entries()) printFailure(failure, i < detailedFailuresMax);
  const sum = (name: keyof Counts) =>
    results.reduce((total, { output }) => total + (output.counts?.[name] ?? 0), 0);
  // A file that was cut short counts none of its failures itself.
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
  console.log(`FAILED ${failure.path.join(' > ')}`);
  console.log(`  ${failure.message}`);
  if (!detailed) return;
  for (const line of failure.details) console.log(`  ${line.trimEnd()}`);
}

process.exitCode = await main(process.argv.slice(2));
