/**
 * The figures of a whole run, as tables in Markdown.
 */
import { cpus, loadavg, totalmem } from 'node:os';
import type { LoadResult, Method } from './load-generator.js';
import { type Pipeline, pipelineOf, type Reading } from './pipeline.js';
import { type TargetName, targetNames, targetTitles } from './targets.js';

export interface Run extends LoadResult {
  readonly round: number;
  readonly target: TargetName;
  readonly method: Method;
  readonly connections: number;
  /** CPU milliseconds of all processes of the target, warm-up included. */
  readonly cpuMs: number | undefined;
  readonly before: Reading;
  readonly after: Reading;
}

/** One target under one load: medians over the rounds. */
export interface Cell {
  readonly target: TargetName;
  readonly method: Method;
  readonly connections: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests per second in relation to the ceiling's of the same round. */
  readonly ratio: number;
  readonly refused: number;
  readonly sent: number;
  readonly generatorCores: number;
  readonly targetCores: number;
  readonly pipeline: Pipeline;
}

export interface Report {
  readonly machine: string;
  readonly loadBefore: number;
  readonly seconds: number;
  readonly runs: number;
  readonly cells: readonly Cell[];
}

export function describeMachine(): string {
  const all = cpus();
  const model = all[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} cores (${model}), ${memory} GiB, Node ${process.version}`;
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

export function toCells(runs: readonly Run[], wallSeconds: number): Cell[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const name = `${run.method} ${run.connections} ${run.target}`;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { target, method, connections } = first;
    const ceilings = groups.get(`${method} ${connections} ceiling`) ?? [];
    const ratios = group.map(({ round, perSecond }) => {
      const ceiling = ceilings.find((run) => run.round === round);
      return perSecond / (ceiling?.perSecond ?? Number.NaN);
    });
    const sum = (of: (run: Run) => number) => group.reduce((all, run) => all + of(run), 0);
    const middle = (of: (run: Run) => number) => median(group.map(of));
    return {
      ...{ target, method, connections },
      perSecond: middle((run) => run.perSecond),
      p50Ms: middle((run) => run.p50Ms),
      p99Ms: middle((run) => run.p99Ms),
      ratio: median(ratios),
      refused: sum((run) => run.refused),
      sent: sum((run) => run.sent),
      generatorCores: middle((run) => run.cores),
      targetCores: middle((run) => (run.cpuMs ?? Number.NaN) / 1000 / wallSeconds),
      pipeline: pipelineOf(group),
    };
  });
}

export function printReport({ machine, loadBefore, seconds, runs, cells }: Report): void {
  const cores = cpus().length;
  console.log(`${machine}; load average before the start ${loadBefore.toFixed(1)}.`);
  console.log(`${cores} cores carry three nodes and the load generator, all over loopback.`);
  console.log(`Medians of ${runs} runs of ${seconds} s; 256-byte values, 10,000 keys, fsync on.`);
  for (const method of ['PUT', 'GET'] as const) {
    const some = cells.filter((cell) => cell.method === method);
    if (some.length === 0) continue;
    console.log(`\n${method}: requests/s, p50 / p99 ms (ratio to bare fastify)\n`);
    printThroughput(some);
    console.log(`\n${method}: what the nodes and the generator did\n`);
    if (method === 'PUT') printWrites(some);
    else printReads(some);
  }
  printWarnings(cells);
}

function printThroughput(cells: readonly Cell[]): void {
  const names = targetNames.filter((name) => cells.some((cell) => cell.target === name));
  printRow(['connections', ...names.map((name) => targetTitles[name])]);
  printRow(['---:', ...names.map(() => '---:')]);
  for (const connections of new Set(cells.map((cell) => cell.connections))) {
    const row = names.map((name) => {
      const cell = cells.find((one) => one.target === name && one.connections === connections);
      if (cell === undefined) return '';
      const ratio = name === 'ceiling' ? '' : ` (${cell.ratio.toFixed(2)})`;
      const { perSecond, p50Ms, p99Ms } = cell;
      return `${Math.round(perSecond)}, ${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}${ratio}`;
    });
    printRow([connections, ...row]);
  }
}

const writeColumns = [
  'target',
  'connections',
  'entries per sync',
  'sync ms, mean / p99 at most',
  'entries per transaction',
  'holds, ms each',
  'forwarded',
  'cores: nodes / generator',
];

function printWrites(cells: readonly Cell[]): void {
  printRow(writeColumns);
  printRow(['---', ...writeColumns.slice(1).map(() => '---:')]);
  for (const cell of cells) {
    if (cell.target === 'ceiling') continue;
    const of = cell.pipeline;
    const syncMs = (of.walSeconds * 1000) / of.walBatches;
    const holdMs = of.holds === 0 ? 0 : (of.holdSeconds * 1000) / of.holds;
    printRow([
      targetTitles[cell.target],
      cell.connections,
      (of.walEntries / of.walBatches).toFixed(1),
      `${syncMs.toFixed(2)} / ${(of.walSecondsP99 * 1000).toFixed(1)}`,
      (of.applied / of.transactions).toFixed(1),
      `${of.holds}, ${holdMs.toFixed(1)}`,
      `${Math.round((of.forwarded / cell.sent) * 100)} %`,
      `${cell.targetCores.toFixed(2)} / ${cell.generatorCores.toFixed(2)}`,
    ]);
  }
}

function printReads(cells: readonly Cell[]): void {
  printRow(['target', 'connections', 'reads per read round', 'cores: nodes / generator']);
  printRow(['---', '---:', '---:', '---:']);
  for (const { target, connections, pipeline, sent, ...cell } of cells) {
    if (target === 'ceiling') continue;
    const perRound = (sent / Math.max(1, pipeline.readRounds)).toFixed(1);
    const cores = `${cell.targetCores.toFixed(2)} / ${cell.generatorCores.toFixed(2)}`;
    printRow([targetTitles[target], connections, perRound, cores]);
  }
}

function printRow(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** What would make the figures mean something else than they seem to. */
function printWarnings(cells: readonly Cell[]): void {
  const generatorCoresMax = 0.9;
  for (const { target, method, connections, pipeline, ...cell } of cells) {
    const name = `${method}, ${connections} connections, ${targetTitles[target]}`;
    if (cell.generatorCores > generatorCoresMax) {
      console.log(`The load generator is the limit: ${name} (${cell.generatorCores.toFixed(2)}).`);
    }
    if (cell.refused > 0) console.log(`${cell.refused} answers were not 2xx: ${name}.`);
    if (pipeline.elections > 0) console.log(`${pipeline.elections} elections: ${name}.`);
    if (pipeline.dropped > 0) console.log(`${pipeline.dropped} messages dropped: ${name}.`);
  }
}

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}
