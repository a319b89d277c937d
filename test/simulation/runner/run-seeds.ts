/** Runs seeds until one fails, the time is over or there are no more, and says what came of it. */
import { readFileSync } from 'node:fs';
import { runChecked } from '../checked-run.js';
import { drawPlan } from '../draw-plan.js';
import type { RunPlan } from '../run-plan.js';
import type { Arguments } from './arguments.js';
import { reportFailure } from './failure-report.js';
import { runHere, runInChildren, type SeedSource } from './jobs.js';
import type { SeedReport } from './seed-report.js';
import { Summary } from './summary.js';

const progressEveryMs = 10_000;

class Seeds implements SeedSource {
  readonly summary = new Summary();
  readonly failed: SeedReport[] = [];
  readonly #given: Arguments;
  readonly #startMs = performance.now();
  #toldMs = performance.now();
  #next: number;

  constructor(given: Arguments) {
    this.#given = given;
    this.#next = given.from;
  }

  next(): number | undefined {
    const { to, minutes, keepGoing } = this.#given;
    const overMs = this.#startMs + (minutes ?? Number.POSITIVE_INFINITY) * 60_000;
    if (this.#next > to || performance.now() >= overMs) return undefined;
    if (this.failed.length > 0 && !keepGoing) return undefined;
    return this.#next++;
  }

  report(report: SeedReport): void {
    this.summary.add(report);
    const { seed, violation } = report;
    if (violation !== undefined) {
      this.failed.push(report);
      console.log(`seed ${seed} FAILED ${violation.invariant}: ${violation.what.split('\n')[0]}`);
    }
    if (performance.now() - this.#toldMs < progressEveryMs) return;
    this.#toldMs = performance.now();
    console.log(`${this.summary.seeds} seeds, the last was ${seed}, ${this.failed.length} failed`);
  }
}

export async function runSeeds(given: Arguments): Promise<number> {
  const { from, to, jobs, minutes } = given;
  if (from === to) return runOne(drawPlan(from, given.durationMs), given);
  if (minutes === undefined && to === Number.MAX_SAFE_INTEGER) {
    console.error('Without --seeds, --minutes says how long.');
    return 2;
  }
  console.log(`seeds from ${from}${to === Number.MAX_SAFE_INTEGER ? ' (fresh)' : ` to ${to}`}`);
  const seeds = new Seeds(given);
  await (jobs > 1 ? runInChildren(seeds, given) : runHere(seeds, given));
  for (const line of seeds.summary.lines()) console.log(line);
  const [first] = seeds.failed;
  if (first !== undefined) {
    console.log(`failed: ${seeds.failed.map(({ seed }) => seed).join(' ')}`);
    await reportFailure(drawPlan(first.seed, given.durationMs), given);
    return 1;
  }
  const { missing } = seeds.summary;
  if (missing.length === 0) return 0;
  console.log(`These runs prove too little: nothing of ${missing.join(', ')} happened.`);
  return 3;
}

export async function runPlanFile(file: string, given: Arguments): Promise<number> {
  return runOne(JSON.parse(readFileSync(file, 'utf8')) as RunPlan, given);
}

async function runOne(plan: RunPlan, given: Arguments): Promise<number> {
  const onLine = (line: string) => {
    if (Number.parseFloat(line) >= given.fromSecond) console.log(line);
  };
  const result = await runChecked(plan, given.verbose ? { onLine } : {});
  if (result.violation !== undefined) {
    await reportFailure(plan, given);
    return 1;
  }
  const { events, virtualMs, digest } = result;
  const seconds = (virtualMs / 1000).toFixed(1);
  console.log(`seed ${plan.seed} ok: ${events} events, ${seconds} virtual seconds, ${digest}`);
  return 0;
}
